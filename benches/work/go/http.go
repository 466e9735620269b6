package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
)

// body is a page of n bytes.
func body(n int) []byte {
	page := make([]byte, n)
	for i := range page {
		page[i] = byte('a' + i*7%26)
	}
	return page
}

// serve prints where it answers, and does so until the end of its standard input.
func serve() {
	pages := make([][]byte, 8)
	for i := range pages {
		pages[i] = body(512 << i)
	}
	http.HandleFunc("/page", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.FormValue("n"))
		w.Write(pages[n%len(pages)])
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	fmt.Println(listener.Addr())
	go http.Serve(listener, nil)
	io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

// load asks the server at the address so often, over 16 connections.
func load(address string) func(int) uint64 {
	const connections = 16
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
	return func(count int) uint64 {
		var next, bytes atomic.Int64
		var workers sync.WaitGroup
		for range connections {
			workers.Go(func() {
				for i := next.Add(1); i <= int64(count); i = next.Add(1) {
					answer, err := client.Get(fmt.Sprintf("http://%s/page?n=%d", address, i))
					check(err)
					n, err := io.Copy(io.Discard, answer.Body)
					check(err)
					check(answer.Body.Close())
					bytes.Add(n)
				}
			})
		}
		workers.Wait()
		return uint64(bytes.Load())
	}
}
