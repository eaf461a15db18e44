package main

import (
	"net/http"

	"github.com/coder/websocket"
)

// coder lets pages of its own host in, and those of the patterns.
func coder(patterns []string) http.Handler {
	return accepting(&websocket.AcceptOptions{OriginPatterns: patterns})
}

func coderInsecure() http.Handler {
	return accepting(&websocket.AcceptOptions{InsecureSkipVerify: true})
}

func accepting(options *websocket.AcceptOptions) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		socket, err := websocket.Accept(w, r, options)
		if err != nil {
			return
		}
		defer socket.CloseNow()
		_ = socket.Write(r.Context(), websocket.MessageText, []byte("welcome"))
		for {
			if _, _, err := socket.Read(r.Context()); err != nil {
				return
			}
		}
	})
}
