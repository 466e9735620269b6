package main

import (
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

func idle(string) func(int) uint64 {
	return func(count int) uint64 { return uint64(count) }
}

func getppid(string) func(int) uint64 {
	return func(count int) (right uint64) {
		parent, _, _ := syscall.RawSyscall(syscall.SYS_GETPPID, 0, 0, 0)
		for range count {
			if now, _, _ := syscall.RawSyscall(syscall.SYS_GETPPID, 0, 0, 0); now == parent {
				right++
			}
		}
		return right
	}
}

// With what Go's scheduler does around calls that may block.
func read(string) func(int) uint64 {
	zero, err := syscall.Open("/dev/zero", syscall.O_RDONLY, 0)
	check(err)
	buffer := make([]byte, 1)
	return func(count int) (sum uint64) {
		for range count {
			n, err := syscall.Read(zero, buffer)
			check(err)
			sum += uint64(n)
		}
		return sum
	}
}

func now(string) func(int) uint64 {
	return func(count int) (forward uint64) {
		last := time.Now()
		for range count {
			now := time.Now()
			if !now.Before(last) {
				forward++
			}
			last = now
		}
		return forward
	}
}

// Requests and responses of 64 bytes over a connection of two goroutines.
func tcp(string) func(int) uint64 {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	go func() {
		theirs, err := listener.Accept()
		check(err)
		io.Copy(struct{ io.Writer }{theirs}, struct{ io.Reader }{theirs})
		os.Exit(0)
	}()
	ours, err := net.Dial("tcp", listener.Addr().String())
	check(err)
	buffer := make([]byte, 64)
	return func(count int) (sum uint64) {
		for i := range count {
			buffer[0] = byte(i)
			_, err := ours.Write(buffer)
			check(err)
			_, err = io.ReadFull(ours, buffer)
			check(err)
			sum += uint64(buffer[0])
		}
		return sum
	}
}
