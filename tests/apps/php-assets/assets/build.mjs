import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";

// What Vite's plugins for PHP do: they read packages, and call the app.
if (!existsSync("vendor/autoload.php")) throw new Error("the build does not see the packages");
const php = execFileSync("php", ["-r", "echo PHP_MAJOR_VERSION;"]).toString();
mkdirSync("public/build", { recursive: true });
writeFileSync("public/build/app.txt", `built by node ${process.versions.node.split(".")[0]} beside php ${php}`);
