module example.com/kite

go 1.22
