package main

import (
	"net/http"
	"strings"

	"github.com/gorilla/websocket"
)

// gorillaDefault has no CheckOrigin, so that the host of the Origin must equal Host.
func gorillaDefault() http.Handler {
	return gorilla(websocket.Upgrader{})
}

func gorillaAny() http.Handler {
	return gorilla(websocket.Upgrader{CheckOrigin: func(r *http.Request) bool { return true }})
}

func gorillaPrefix() http.Handler {
	return gorilla(websocket.Upgrader{CheckOrigin: func(r *http.Request) bool {
		return strings.HasPrefix(r.Header.Get("Origin"), "https://app.example.com")
	}})
}

func gorillaList() http.Handler {
	return gorilla(websocket.Upgrader{CheckOrigin: func(r *http.Request) bool {
		return r.Header.Get("Origin") == "https://app.example.com"
	}})
}

func gorilla(upgrader websocket.Upgrader) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		socket, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer socket.Close()
		_ = socket.WriteMessage(websocket.TextMessage, []byte("welcome"))
		for {
			if _, _, err := socket.ReadMessage(); err != nil {
				return
			}
		}
	})
}
