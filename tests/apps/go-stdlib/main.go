package main

import (
	"fmt"
	"html/template"
	"net/http"
	"os"
	"time"
)

var page = template.Must(template.ParseFiles("templates/page.html"))

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		page.Execute(w, "a program beside its templates")
	})
	http.HandleFunc("/facts", func(w http.ResponseWriter, r *http.Request) {
		_, source := os.Stat("main.go")
		_, zone := time.LoadLocation("Europe/Zurich")
		_, trust := os.Stat("/etc/ssl/certs/ca-certificates.crt")
		fmt.Fprintf(w, "source %v, zones %v, trust %v, user %d", source == nil, zone == nil, trust == nil, os.Getuid())
	})
	http.ListenAndServe(":"+os.Getenv("PORT"), nil)
}
