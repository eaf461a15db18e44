// Command interop starts one of the setups that the tests judge.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"
)

// setups are the handlers of /ws, by name.
var setups = map[string]http.Handler{
	"gorilla-default":     gorillaDefault(),
	"gorilla-any":         gorillaAny(),
	"gorilla-prefix":      gorillaPrefix(),
	"gorilla-list":        gorillaList(),
	"gorilla-host-check":  knownHosts(gorillaDefault()),
	"coder-default":       coder(nil),
	"coder-insecure":      coderInsecure(),
	"coder-any":           coder([]string{"*"}),
	"coder-no-scheme":     knownHosts(coder([]string{"app.example.com"})),
	"coder-list":          coder([]string{"https://app.example.com"}),
	"coder-list-and-host": knownHosts(coder([]string{"https://app.example.com"})),
}

// knownHosts refuses requests for names that are not this server's, so that a name of somebody else that leads here (DNS rebinding) opens nothing.
func knownHosts(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := strings.Cut(r.Host, ":")
		if host != "localhost" && host != "app.example.com" {
			http.Error(w, "unknown host", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func main() {
	name := flag.String("setup", "", "which of the setups to start")
	address := flag.String("address", "127.0.0.1:0", "where to listen")
	flag.Parse()
	handler, known := setups[*name]
	if !known {
		log.Fatalf("there is no setup %q", *name)
	}
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening on", listener.Addr())
	mux := http.NewServeMux()
	mux.Handle("/ws", handler)
	log.Fatal(http.Serve(listener, mux))
}
