#!/usr/bin/env bash
# A server that needs nothing but Perl, which every Debian has.
exec perl -MIO::Socket::INET -e '
  my $server = IO::Socket::INET->new(LocalAddr => "0.0.0.0", LocalPort => $ENV{PORT}, Listen => 16, ReuseAddr => 1) or die $!;
  $SIG{TERM} = sub { exit 0 };
  while (1) {
    my $client = $server->accept or next;
    while (my $line = <$client>) { last if $line =~ /^\r?\n$/ }
    my $body = "a script, user $<";
    print $client "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
    close $client;
  }'
