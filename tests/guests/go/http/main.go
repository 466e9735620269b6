// An HTTP server, and a client that loads one.
//
//	http serve                 prints its address and answers until it is killed
//	http load ADDRESS N C      N requests over C connections; prints what came back
package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

func main() {
	switch os.Args[1] {
	case "serve":
		serve()
	case "load":
		requests, _ := strconv.Atoi(os.Args[3])
		connections, _ := strconv.Atoi(os.Args[4])
		load("http://"+os.Args[2], requests, connections)
	}
}

// body is a page of n bytes, the same everywhere.
func body(n int) []byte {
	page := make([]byte, n)
	for i := range page {
		page[i] = byte('a' + i*7%26)
	}
	return page
}

func serve() {
	file, err := os.CreateTemp("", "page")
	check(err)
	_, err = file.Write(body(300_000))
	check(err)
	check(file.Close())

	mux := http.NewServeMux()
	mux.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.FormValue("n"))
		w.Write(body(n))
	})
	// Through sendfile where the system has it.
	mux.HandleFunc("/file", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, file.Name()) })
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		for i := range 5 {
			fmt.Fprintf(w, "part %d\n", i)
			w.(http.Flusher).Flush()
			time.Sleep(2 * time.Millisecond)
		}
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	fmt.Println("listening on", listener.Addr())
	http.Serve(listener, mux)
}

func load(url string, requests, connections int) {
	client := &http.Client{
		Timeout:   60 * time.Second,
		Transport: &http.Transport{MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections},
	}
	var wrong, bytesRead atomic.Int64
	digests := make([][32]byte, requests)
	work := make(chan int)
	var workers sync.WaitGroup
	for range connections {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for i := range work {
				answer, err := one(client, url, i)
				if err != nil {
					fmt.Println("request", i, err)
					wrong.Add(1)
				}
				bytesRead.Add(int64(len(answer)))
				digests[i] = sha256.Sum256(answer)
			}
		}()
	}
	for i := range requests {
		work <- i
	}
	close(work)
	workers.Wait()

	all := sha256.New()
	for _, digest := range digests {
		all.Write(digest[:])
	}
	fmt.Printf("%d requests, %d wrong, %d bytes, %x\n", requests, wrong.Load(), bytesRead.Load(), all.Sum(nil)[:8])
}

func one(client *http.Client, url string, i int) ([]byte, error) {
	var answer *http.Response
	var err error
	switch i % 4 {
	case 0:
		answer, err = client.Get(fmt.Sprintf("%s/page?n=%d", url, i*37%20_000))
	case 1:
		answer, err = client.Post(url+"/echo", "text/plain", bytes.NewReader(body(i*11%50_000)))
	case 2:
		answer, err = client.Get(url + "/file")
	case 3:
		answer, err = client.Get(url + "/slow")
	}
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != 200 {
		return nil, fmt.Errorf("status %s", answer.Status)
	}
	return io.ReadAll(answer.Body)
}

func check(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}
