// Mapped files and memory: shared, private, anonymous, protected, beyond the end.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"syscall"
	"unsafe"
)

// MADV_DONTNEED has the same number everywhere.
const dontNeed = 4

func main() {
	file, err := os.CreateTemp("", "mapping")
	check(err)
	defer os.Remove(file.Name())
	page := os.Getpagesize()
	fmt.Println("page:", page)
	check(file.Truncate(int64(4 * page)))
	shared(file, page)
	private(file, page)
	anonymous(page)
	protected(page)
	beyond(file, page)
	errorsOf(file, page)
	lots(page)
}

func shared(file *os.File, page int) {
	mapped, err := syscall.Mmap(int(file.Fd()), 0, 4*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	check(err)
	copy(mapped[page-3:], "across a page")
	read := make([]byte, 13)
	_, err = file.ReadAt(read, int64(page-3))
	fmt.Println("file sees:", string(read), err)
	_, err = file.WriteAt([]byte("written"), int64(2*page))
	check(err)
	fmt.Println("map sees:", string(mapped[2*page:2*page+7]))
	second, err := syscall.Mmap(int(file.Fd()), int64(page), page, syscall.PROT_READ, syscall.MAP_SHARED)
	check(err)
	fmt.Println("second:", string(second[:10]))
	check(errors.Join(syscall.Munmap(second), syscall.Munmap(mapped)))
}

// call is a call on a range of memory that package syscall does not wrap on every system.
func call(number uintptr, memory []byte, argument int) error {
	_, _, errno := syscall.Syscall(number, uintptr(unsafe.Pointer(&memory[0])), uintptr(len(memory)), uintptr(argument))
	if errno != 0 {
		return errno
	}
	return nil
}

func private(file *os.File, page int) {
	mapped, err := syscall.Mmap(int(file.Fd()), 0, page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE)
	check(err)
	copy(mapped, "only here")
	read := make([]byte, 9)
	_, err = file.ReadAt(read, 0)
	check(err)
	fmt.Println("private:", bytes.Equal(read, make([]byte, 9)))
	check(syscall.Munmap(mapped))
}

func anonymous(page int) {
	mapped, err := syscall.Mmap(-1, 0, 100*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	check(err)
	sum := 0
	for i := range 100 {
		sum += int(mapped[i*page])
		mapped[i*page] = byte(i)
	}
	fmt.Println("fresh memory is zero:", sum == 0, "aligned:", uintptr(unsafe.Pointer(&mapped[0]))%uintptr(page) == 0)
	fmt.Println("advice:", call(syscall.SYS_MADVISE, mapped, dontNeed))
	fmt.Println("locked:", call(syscall.SYS_MLOCK, mapped[:page], 0), call(syscall.SYS_MUNLOCK, mapped[:page], 0))
	check(syscall.Munmap(mapped))
}

// sink keeps reads from being optimised away.
var sink byte

// faults runs f and says whether it touched memory it may not.
func faults(f func()) (faulted bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() { faulted = recover() != nil }()
	f()
	return
}

func protected(page int) {
	mapped, err := syscall.Mmap(-1, 0, 2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	check(err)
	mapped[0] = 7
	check(call(syscall.SYS_MPROTECT, mapped[:page], syscall.PROT_READ))
	fmt.Println("write to read-only faults:", faults(func() { mapped[0] = 8 }), mapped[0])
	check(call(syscall.SYS_MPROTECT, mapped[:page], syscall.PROT_NONE))
	fmt.Println("read of nothing faults:", faults(func() { sink = mapped[0] }))
	check(call(syscall.SYS_MPROTECT, mapped[:page], syscall.PROT_READ|syscall.PROT_WRITE))
	fmt.Println("again:", faults(func() { mapped[0]++ }), mapped[0])
	check(syscall.Munmap(mapped))
	reader, writer, err := os.Pipe()
	check(err)
	// A hole that nothing fits into: the runtime's threads map memory at any time, and the host puts it where there is room.
	around, err := syscall.Mmap(-1, 0, 3*page, syscall.PROT_READ, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	check(err)
	gone := around[page : 2*page]
	check(call(syscall.SYS_MUNMAP, gone, 0))
	_, err = syscall.Write(int(writer.Fd()), gone)
	fmt.Println("a call with unmapped memory:", err)
	check(errors.Join(reader.Close(), writer.Close()))
}

func beyond(file *os.File, page int) {
	check(file.Truncate(int64(page)))
	mapped, err := syscall.Mmap(int(file.Fd()), 0, 3*page, syscall.PROT_READ, syscall.MAP_SHARED)
	check(err)
	fmt.Println("beyond the end faults:", faults(func() { sink = mapped[2*page] }), faults(func() { sink = mapped[0] }))
	check(syscall.Munmap(mapped))
}

func errorsOf(file *os.File, page int) {
	_, err := syscall.Mmap(int(file.Fd()), 0, 0, syscall.PROT_READ, syscall.MAP_SHARED)
	fmt.Println("no length:", err)
	_, err = syscall.Mmap(999, 0, page, syscall.PROT_READ, syscall.MAP_SHARED)
	fmt.Println("no file:", err)
	readOnly, err := os.Open(file.Name())
	check(err)
	_, err = syscall.Mmap(int(readOnly.Fd()), 0, page, syscall.PROT_WRITE, syscall.MAP_SHARED)
	fmt.Println("writing a file open for reading:", err)
}

func lots(page int) {
	var maps [][]byte
	for i := range 500 {
		mapped, err := syscall.Mmap(-1, 0, (1+i%5)*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
		check(err)
		mapped[len(mapped)-1] = byte(i)
		maps = append(maps, mapped)
	}
	sum := 0
	for _, mapped := range maps {
		sum += int(mapped[len(mapped)-1])
		check(syscall.Munmap(mapped))
	}
	fmt.Println("lots:", sum)
}

func check(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}
