<?php
final class OldGreeting
{
    public const TEXT = "mapped";
}
