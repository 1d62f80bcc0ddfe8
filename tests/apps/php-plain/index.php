<?php
require __DIR__ . '/words.php';
header('Content-Type: text/plain');
echo GREETING, ', PHP ', PHP_MAJOR_VERSION, ', user ', posix_getuid();
