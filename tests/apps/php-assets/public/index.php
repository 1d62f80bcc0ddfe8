<?php
require dirname(__DIR__) . '/vendor/autoload.php';
echo file_get_contents(__DIR__ . '/build/app.txt'), file_exists(dirname(__DIR__) . '/node_modules') ? ', too much' : '';
