//go:build freebsd

package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// kevent is struct kevent of FreeBSD 12 and later; the syscall package still has the older one.
type kevent struct {
	ident  uint64
	filter int16
	flags  uint16
	fflags uint32
	data   int64
	udata  uint64
	ext    [4]uint64
}

const (
	evfiltRead     = -1
	evfiltWrite    = -2
	evfiltAio      = -3
	evfiltVnode    = -4
	evfiltProc     = -5
	evfiltSignal   = -6
	evfiltTimer    = -7
	evfiltProcdesc = -8
	evfiltUser     = -11

	evAdd          = 0x1
	evDelete       = 0x2
	evEnable       = 0x4
	evDisable      = 0x8
	evOneshot      = 0x10
	evClear        = 0x20
	evReceipt      = 0x40
	evDispatch     = 0x80
	evForceOneshot = 0x100
	evKeepUdata    = 0x200
	evError        = 0x4000
	evEOF          = 0x8000
)

var filters = map[int16]string{
	evfiltRead: "READ", evfiltWrite: "WRITE", evfiltVnode: "VNODE", evfiltProc: "PROC", evfiltSignal: "SIGNAL",
	evfiltTimer: "TIMER", evfiltProcdesc: "PROCDESC", evfiltUser: "USER", evfiltAio: "AIO",
}

var flagNames = []struct {
	bit  uint16
	name string
}{
	{evAdd, "ADD"}, {evDelete, "DELETE"}, {evEnable, "ENABLE"}, {evDisable, "DISABLE"}, {evOneshot, "ONESHOT"},
	{evClear, "CLEAR"}, {evReceipt, "RECEIPT"}, {evDispatch, "DISPATCH"}, {evForceOneshot, "FORCEONESHOT"},
	{evError, "ERROR"}, {evEOF, "EOF"},
}

// names gives idents a name that is the same in every run.
var names = map[uint64]string{}

func (k kevent) String() string {
	var flags []string
	for _, flag := range flagNames {
		if k.flags&flag.bit != 0 {
			flags = append(flags, flag.name)
		}
	}
	ident, named := names[k.ident]
	if !named || k.filter == evfiltUser || k.filter == evfiltTimer || k.filter == evfiltSignal {
		ident = fmt.Sprint(k.ident)
	}
	return fmt.Sprintf("[%s %s %s fflags=%#x data=%d udata=%d]", ident, filters[k.filter], strings.Join(flags, "|"), k.fflags, k.data, k.udata)
}

type kq int

func newKqueue() kq {
	fd, _, errno := syscall.RawSyscall(syscall.SYS_KQUEUE, 0, 0, 0)
	must(errno)
	return kq(fd)
}

func (k kq) close() { syscall.Close(int(k)) }

const sysKevent = 560

// call makes a kevent call; a negative wait is for ever. Go's own signals may interrupt it.
func (k kq) call(changes []kevent, room int, wait time.Duration) ([]kevent, syscall.Errno) {
	end := time.Now().Add(wait)
	for {
		events, errno := k.once(changes, room, wait)
		if errno != syscall.EINTR {
			return events, errno
		}
		changes = nil
		if wait > 0 {
			wait = max(0, time.Until(end))
		}
	}
}

func (k kq) once(changes []kevent, room int, wait time.Duration) ([]kevent, syscall.Errno) {
	events := make([]kevent, room+1)
	var from unsafe.Pointer
	if len(changes) > 0 {
		from = unsafe.Pointer(&changes[0])
	}
	var timeout *syscall.Timespec
	if wait >= 0 {
		spec := syscall.NsecToTimespec(int64(wait))
		timeout = &spec
	}
	n, _, errno := syscall.Syscall6(sysKevent, uintptr(k), uintptr(from), uintptr(len(changes)),
		uintptr(unsafe.Pointer(&events[0])), uintptr(room), uintptr(unsafe.Pointer(timeout)))
	if errno != 0 {
		return nil, errno
	}
	return events[:n], 0
}

func (k kq) change(changes ...kevent) string {
	_, errno := k.call(changes, 0, 0)
	if errno != 0 {
		return errno.Error()
	}
	return "ok"
}

// now shows what is there without waiting.
func (k kq) now() string { return k.within(0) }

func (k kq) within(wait time.Duration) string {
	events, errno := k.call(nil, 16, wait)
	return show(events, errno)
}

func show(events []kevent, errno syscall.Errno) string {
	if errno != 0 {
		return errno.Error()
	}
	if len(events) == 0 {
		return "nothing"
	}
	var all []string
	for _, event := range events {
		all = append(all, event.String())
	}
	return strings.Join(all, " ")
}

func ev(ident any, filter int16, flags uint16) kevent {
	return kevent{ident: number(ident), filter: filter, flags: flags}
}

func (k kevent) with(fflags uint32, data int64) kevent {
	k.fflags, k.data = fflags, data
	return k
}

func (k kevent) tagged(udata uint64) kevent {
	k.udata = udata
	return k
}

func number(ident any) uint64 {
	switch ident := ident.(type) {
	case int:
		return uint64(ident)
	case kq:
		return uint64(ident)
	case uint64:
		return ident
	}
	panic(ident)
}

// ready leaves the size of a buffer out, which is the host's.
func (k kq) ready() string {
	events, errno := k.call(nil, 16, 0)
	for i := range events {
		if events[i].filter == evfiltWrite && events[i].data > 0 {
			events[i].data = 1
		}
	}
	return show(events, errno)
}

func must(err error) {
	if errno, isErrno := err.(syscall.Errno); err != nil && !(isErrno && errno == 0) {
		panic(err)
	}
}

func pipe() (int, int) {
	var ends [2]int
	must(syscall.Pipe2(ends[:], 0))
	names[uint64(ends[0])], names[uint64(ends[1])] = "pipe<", "pipe>"
	return ends[0], ends[1]
}

func pair() (int, int) {
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	must(err)
	names[uint64(ends[0])], names[uint64(ends[1])] = "left", "right"
	return ends[0], ends[1]
}

func write(fd int, text string) {
	_, err := syscall.Write(fd, []byte(text))
	must(err)
}

func read(fd int, size int) {
	_, err := syscall.Read(fd, make([]byte, size))
	must(err)
}

func line(what string, result any) { fmt.Printf("  %s: %v\n", what, result) }

func main() {
	wanted := os.Args[1:]
	if len(wanted) == 1 && wanted[0] == "child" {
		child()
	}
	for _, part := range parts {
		if len(wanted) > 0 && wanted[0] != part.name {
			continue
		}
		fmt.Println(part.name)
		part.run()
	}
}
