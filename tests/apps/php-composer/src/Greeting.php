<?php
namespace Words;

final class Greeting
{
    public const TEXT = "autoloaded";
}
