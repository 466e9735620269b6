// Ten thousand goroutines, garbage, preemption, and signals that arrive all the while.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func main() {
	signals := make(chan os.Signal, 1000)
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGUSR2)
	var counted atomic.Int64
	go func() {
		for range signals {
			counted.Add(1)
		}
	}()

	stop := make(chan struct{})
	var senders sync.WaitGroup
	senders.Add(1)
	go func() {
		defer senders.Done()
		for {
			select {
			case <-stop:
				return
			default:
				syscall.Kill(os.Getpid(), syscall.SIGUSR1)
				time.Sleep(200 * time.Microsecond)
			}
		}
	}()
	// Loops without a call can only be interrupted by the runtime's own signal.
	var spinning atomic.Bool
	spinning.Store(true)
	for range runtime.GOMAXPROCS(0) {
		go func() {
			for n := 0; ; n++ {
				if n%1_000_000 == 0 && !spinning.Load() {
					return
				}
			}
		}()
	}

	const count = 10_000
	debug.SetGCPercent(20)
	var all sync.WaitGroup
	var mutex sync.Mutex
	total := 0
	ring := make(chan int, 100)
	for i := range count {
		all.Add(2)
		go func() {
			defer all.Done()
			garbage := make([]byte, 1000+i%5000)
			garbage[i%1000] = byte(i)
			ring <- i + int(garbage[i%1000]) - int(byte(i))
		}()
		go func() {
			defer all.Done()
			got := <-ring
			runtime.Gosched()
			mutex.Lock()
			total += got
			mutex.Unlock()
		}()
	}
	all.Wait()
	for range 5 {
		runtime.GC()
	}
	spinning.Store(false)
	close(stop)
	senders.Wait()
	fmt.Println("total", total, "expected", count*(count-1)/2)

	// The floating point state must survive being interrupted anywhere.
	sum := 0.0
	for i := 1; i <= 3_000_000; i++ {
		sum += 1 / float64(i)
		if i%500_000 == 0 {
			syscall.Kill(os.Getpid(), syscall.SIGUSR2)
		}
	}
	fmt.Printf("harmonic %.12f\n", sum)
	deadline := time.Now().Add(10 * time.Second)
	for counted.Load() < 5 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	fmt.Println("signals came:", counted.Load() >= 5)
}
