import "reflect-metadata";
import { Controller, Get, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";

declare const process: { env: Record<string, string> };

@Controller()
class Invoices {
  @Get()
  list(): string {
    return "nest has no invoices";
  }
}

@Module({ controllers: [Invoices] })
class Billing {}

async function start(): Promise<void> {
  const app = await NestFactory.create(Billing);
  await app.listen(process.env.PORT);
}

start();
