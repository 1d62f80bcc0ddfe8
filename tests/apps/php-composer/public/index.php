<?php
require dirname(__DIR__) . '/vendor/autoload.php';
echo Words\Greeting::TEXT, ' and ', OldGreeting::TEXT;
