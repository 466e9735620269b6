// Timers, tickers, deadlines and sleeps: in order, never early, not absurdly late.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const late = 2 * time.Second

func main() {
	sleeps()
	ordered()
	ticker()
	stopped()
	manyAtOnce()
	deadlines()
	clocks()
	contexts()
}

func sleeps() {
	for _, pause := range []time.Duration{0, time.Microsecond, time.Millisecond, 30 * time.Millisecond} {
		before := time.Now()
		time.Sleep(pause)
		took := time.Since(before)
		fmt.Println("sleep", pause, took >= pause, took < pause+late)
	}
}

func ordered() {
	fired := make(chan time.Time, 5)
	started := time.Now()
	for n := range 5 {
		time.AfterFunc(time.Duration(n+1)*20*time.Millisecond, func() { fired <- time.Now() })
	}
	early := 0
	for n := range 5 {
		// At least n+1 of them have come by now, so this much time has passed.
		if (<-fired).Sub(started) < 20*time.Millisecond || time.Since(started) < time.Duration(n+1)*20*time.Millisecond {
			early++
		}
	}
	fmt.Println("in order, early:", early)
}

func ticker() {
	before := time.Now()
	ticker := time.NewTicker(5 * time.Millisecond)
	for range 20 {
		<-ticker.C
	}
	ticker.Reset(time.Millisecond)
	<-ticker.C
	ticker.Stop()
	took := time.Since(before)
	fmt.Println("ticks:", took >= 100*time.Millisecond, took < 100*time.Millisecond+late)
}

func stopped() {
	var fired atomic.Bool
	timer := time.AfterFunc(20*time.Millisecond, func() { fired.Store(true) })
	fmt.Println("stopped:", timer.Stop(), timer.Stop())
	time.Sleep(40 * time.Millisecond)
	fmt.Println("fired:", fired.Load())
	again := time.NewTimer(time.Hour)
	again.Reset(time.Millisecond)
	<-again.C
	fmt.Println("reset")
}

func manyAtOnce() {
	var all sync.WaitGroup
	var early atomic.Int64
	for i := range 5000 {
		all.Add(1)
		wanted := time.Duration(i%97) * time.Millisecond
		before := time.Now()
		time.AfterFunc(wanted, func() {
			if time.Since(before) < wanted {
				early.Add(1)
			}
			all.Done()
		})
	}
	all.Wait()
	fmt.Println("early:", early.Load())
}

func deadlines() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	check(listener.(*net.TCPListener).SetDeadline(time.Now().Add(10 * time.Millisecond)))
	_, err = listener.Accept()
	fmt.Println("accept:", errors.Is(err, os.ErrDeadlineExceeded))
	check(listener.(*net.TCPListener).SetDeadline(time.Time{}))
	client, err := net.Dial("tcp", listener.Addr().String())
	check(err)
	server, err := listener.Accept()
	check(err)
	for range 20 {
		before := time.Now()
		check(client.SetReadDeadline(before.Add(5 * time.Millisecond)))
		_, err = client.Read(make([]byte, 1))
		if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(before) < 5*time.Millisecond {
			fmt.Println("read:", err)
		}
	}
	check(client.SetReadDeadline(time.Now().Add(late)))
	go server.Write([]byte("x"))
	n, err := client.Read(make([]byte, 1))
	fmt.Println("in time:", n, err)
	check(server.SetWriteDeadline(time.Now().Add(20 * time.Millisecond)))
	for err == nil {
		_, err = server.Write(make([]byte, 1<<16))
	}
	fmt.Println("write:", errors.Is(err, os.ErrDeadlineExceeded))
	// Until here the collector must not close the silent end.
	check(errors.Join(client.Close(), server.Close(), listener.Close()))
}

func clocks() {
	before := time.Now()
	backwards := 0
	for range 200_000 {
		now := time.Now()
		if now.Before(before) {
			backwards++
		}
		before = now
	}
	fmt.Println("backwards:", backwards, "year is plausible:", before.Year() > 2020 && before.Year() < 2200)
}

func contexts() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	<-ctx.Done()
	fmt.Println(ctx.Err())
}

func check(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}
