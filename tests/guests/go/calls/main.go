// Measures single system calls. Prints a name and nanoseconds per call on each line.
package main

import (
	"fmt"
	"os"
	"syscall"
	"time"
	"unsafe"
)

func main() {
	measure("getpid", func() { syscall.RawSyscall(syscall.SYS_GETPID, 0, 0, 0) })
	measure("getppid", func() { syscall.RawSyscall(syscall.SYS_GETPPID, 0, 0, 0) })

	zero, err := syscall.Open("/dev/zero", syscall.O_RDONLY, 0)
	check(err)
	buffer := make([]byte, 64)
	measure("read", func() {
		syscall.RawSyscall(syscall.SYS_READ, uintptr(zero), uintptr(unsafe.Pointer(&buffer[0])), 1)
	})
	null, err := syscall.Open("/dev/null", syscall.O_WRONLY, 0)
	check(err)
	measure("write", func() {
		syscall.RawSyscall(syscall.SYS_WRITE, uintptr(null), uintptr(unsafe.Pointer(&buffer[0])), 1)
	})
	var info syscall.Stat_t
	measure("fstat", func() { syscall.Fstat(null, &info) })
	measure("stat", func() { syscall.Stat("/dev/null", &info) })
	measure("open+close", func() {
		fd, _ := syscall.Open("/dev/null", syscall.O_RDONLY, 0)
		syscall.Close(fd)
	})
	measure("time.Now", func() { time.Now() })

	reader, writer, err := os.Pipe()
	check(err)
	measure("pipe round", func() {
		syscall.Write(int(writer.Fd()), buffer[:1])
		syscall.Read(int(reader.Fd()), buffer[:1])
	})
	measure("map+unmap", func() {
		memory, _ := syscall.Mmap(-1, 0, 65536, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
		syscall.Munmap(memory)
	})
}

// measure takes the best of several rounds, each long enough for the clock.
func measure(name string, call func()) {
	best := time.Hour
	count := 1000
	for round := 0; round < 8; {
		before := time.Now()
		for range count {
			call()
		}
		took := time.Since(before)
		if took < 10*time.Millisecond {
			count *= 2
			continue
		}
		best = min(best, took/time.Duration(count))
		round++
	}
	fmt.Printf("%s\t%d\n", name, best.Nanoseconds())
}

func check(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}
