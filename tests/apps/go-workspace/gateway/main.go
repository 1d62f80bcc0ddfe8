package main

import (
	"fmt"
	"net/http"
	"os"

	"example.com/shared"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, shared.Greeting)
	})
	http.ListenAndServe(":"+os.Getenv("PORT"), nil)
}
