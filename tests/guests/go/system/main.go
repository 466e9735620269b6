//go:build freebsd

// Asks a FreeBSD kernel about itself, its clocks, processes and limits, and prints what every such kernel answers.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"unsafe"
)

var parts = []struct {
	name string
	run  func()
}{
	{"clocks", clocks},
	{"sleeping", sleeping},
	{"timers", timers},
	{"tree", tree},
	{"values", values},
	{"errors", sysctlErrors},
	{"processes", processes},
	{"files", openFiles},
	{"waiting", waiting},
	{"descriptors", descriptors},
	{"births", births},
	{"settings", settings},
	{"reaper", reaper},
	{"limits", limits},
	{"ids", ids},
	{"processors", processors},
	{"priorities", priorities},
	{"interfaces", interfaces},
}

func main() {
	// Addresses of variables travel as numbers here: no collection may move the stack they stand on.
	debug.SetGCPercent(-1)
	if len(os.Args) > 1 {
		child(os.Args[1])
	}
	runtime.LockOSThread()
	for _, part := range parts {
		fmt.Println(part.name)
		part.run()
	}
}

// line prints a fact under its part.
func line(name string, values ...any) {
	fmt.Print("  ", name, ":")
	for _, value := range values {
		fmt.Print(" ", value)
	}
	fmt.Println()
}

// errno prints as ok when there is none.
type errno syscall.Errno

func (e errno) String() string {
	if e == 0 {
		return "ok"
	}
	return syscall.Errno(e).Error()
}

// call makes a system call by number.
func call(number uintptr, args ...uintptr) (uintptr, errno) {
	var all [6]uintptr
	copy(all[:], args)
	result, _, err := syscall.Syscall6(number, all[0], all[1], all[2], all[3], all[4], all[5])
	return result, errno(err)
}

// raw is call without telling the scheduler: for use where only this thread exists.
//
//go:nosplit
func raw(number, a, b, c uintptr) (uintptr, errno) {
	result, _, err := syscall.RawSyscall(number, a, b, c)
	return result, errno(err)
}

func at[T any](value *T) uintptr {
	return uintptr(unsafe.Pointer(value))
}

const self = ^uintptr(0)
