<?php
const GREETING = 'plain files';
