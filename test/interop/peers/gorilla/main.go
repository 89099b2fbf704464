// gorilla/websocket as an echo server and as a client:
//
//	gorilla serve                     an echo server on a port of its own, which it prints
//	gorilla client URL NAME           runs the conformance cases
//	gorilla interop URL               runs a plan of messages against an echo server
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

func main() {
	switch os.Args[1] {
	case "serve":
		serve()
	case "client":
		conform(os.Args[2], os.Args[3])
	case "interop":
		interop(os.Args[2])
	}
}

func serve() {
	upgrader := websocket.Upgrader{
		EnableCompression: true,
		CheckOrigin:       func(*http.Request) bool { return true },
	}
	http.HandleFunc("/", func(response http.ResponseWriter, request *http.Request) {
		if socket, err := upgrader.Upgrade(response, request, nil); err == nil {
			echo(socket)
		}
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	log.SetOutput(os.Stderr)
	log.Fatal(http.Serve(listener, nil))
}

// echo answers until the connection ends: gorilla itself answers Ping and Close.
func echo(socket *websocket.Conn) {
	defer socket.Close()
	for {
		kind, message, err := socket.ReadMessage()
		if err != nil {
			return
		}
		// Gorilla leaves the check of UTF-8 to the application.
		if kind == websocket.TextMessage && !validUTF8(socket, message) {
			return
		}
		if kind == websocket.TextMessage && string(message) == "please close" {
			frame := websocket.FormatCloseMessage(3002, "as asked")
			socket.WriteControl(websocket.CloseMessage, frame, time.Now().Add(time.Second))
			continue
		}
		if socket.WriteMessage(kind, message) != nil {
			return
		}
	}
}

func validUTF8(socket *websocket.Conn, message []byte) bool {
	if strings.ToValidUTF8(string(message), "") == string(message) {
		return true
	}
	frame := websocket.FormatCloseMessage(websocket.CloseInvalidFramePayloadData, "")
	socket.WriteControl(websocket.CloseMessage, frame, time.Now().Add(time.Second))
	return false
}

var dialer = websocket.Dialer{EnableCompression: true, HandshakeTimeout: 10 * time.Second}

func receiveOne(address string) []byte {
	socket, _, err := dialer.Dial(address, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer socket.Close()
	_, message, err := socket.ReadMessage()
	if err != nil {
		log.Fatal(err)
	}
	return message
}

func conform(base, name string) {
	var ids []string
	if err := json.Unmarshal(receiveOne(base+"/cases"), &ids); err != nil {
		log.Fatal(err)
	}
	queue := make(chan string)
	var workers sync.WaitGroup
	for range [8]int{} {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for id := range queue {
				address := fmt.Sprintf("%s/case/%s?agent=%s", base, url.PathEscape(id), url.QueryEscape(name))
				if socket, _, err := dialer.Dial(address, nil); err == nil {
					echo(socket)
				}
			}
		}()
	}
	for _, id := range ids {
		queue <- id
	}
	close(queue)
	workers.Wait()
	fmt.Println(string(receiveOne(base + "/report?agent=" + url.QueryEscape(name))))
}

func interop(address string) {
	pattern := []byte("The quick brown fox jumps over the lazy dog; 0123456789. ")
	for _, compressed := range []bool{false, true} {
		dial := dialer
		dial.EnableCompression = compressed
		socket, _, err := dial.Dial(address, nil)
		if err != nil {
			log.Fatal(err)
		}
		for _, size := range []int{0, 1, 125, 126, 127, 65535, 65536, 1 << 20, 16 << 20} {
			message := bytes.Repeat(pattern, size/len(pattern)+1)[:size]
			for kind, name := range map[int]string{websocket.TextMessage: "text", websocket.BinaryMessage: "binary"} {
				socket.WriteMessage(kind, message)
				answered, echoed, err := socket.ReadMessage()
				report(fmt.Sprintf("%s %d", name, size), compressed,
					err == nil && answered == kind && bytes.Equal(echoed, message))
			}
		}
		socket.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(3001, "done here"))
		_, _, err = socket.ReadMessage()
		report("close", compressed, websocket.IsCloseError(err, 3001))
		socket.Close()
	}
	socket, _, err := dialer.Dial(address, nil)
	if err != nil {
		log.Fatal(err)
	}
	defer socket.Close()
	fragmented, err := socket.NextWriter(websocket.TextMessage)
	// Longer than the buffer of gorilla, which makes a fragment of each.
	long := strings.Repeat("a piece of a longer message ", 1000)
	if err == nil {
		fmt.Fprint(fragmented, long)
		err = fragmented.Close()
	}
	_, echoed, _ := socket.ReadMessage()
	report("fragmented", true, err == nil && string(echoed) == long)
	socket.WriteMessage(websocket.TextMessage, []byte("please close"))
	_, _, err = socket.ReadMessage()
	closing, ok := err.(*websocket.CloseError)
	report("closed by the server", true, ok && closing.Code == 3002 && closing.Text == "as asked")
}

func report(label string, compressed, ok bool) {
	line, _ := json.Marshal(map[string]any{"label": label, "compressed": compressed, "ok": ok})
	fmt.Println(string(line))
}
