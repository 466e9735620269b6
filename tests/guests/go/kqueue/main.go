//go:build freebsd

// Asks a FreeBSD kernel for every kind of event with every flag and prints what it is told. FreeBSD only.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

var parts = []struct {
	name string
	run  func()
}{
	{"level", level},
	{"clear", clearing},
	{"oneshot", oneshot},
	{"dispatch", dispatch},
	{"disable", disable},
	{"both", both},
	{"mixed", mixed},
	{"eof", eof},
	{"sockets", sockets},
	{"rooms", rooms},
	{"refused", refused},
	{"datagrams", datagrams},
	{"lowat", lowat},
	{"files", files},
	{"errors", errors},
	{"closing", closing},
	{"nesting", nesting},
	{"user", user},
	{"crowd", crowd},
	{"timers", timers},
	{"signals", signals},
	{"processes", processes},
	{"descriptors", descriptors},
	{"vnodes", vnodes},
	{"forks", forks},
	{"hidden", hidden},
	{"old", old},
	{"special", special},
}

func level() {
	k := newKqueue()
	defer k.close()
	r, w := pipe()
	line("add", k.change(ev(r, evfiltRead, evAdd).tagged(7)))
	line("empty", k.now())
	write(w, "abc")
	line("three bytes", k.now())
	line("still", k.now())
	read(r, 2)
	line("one byte", k.now())
	read(r, 1)
	line("empty again", k.now())
	write(w, "x")
	line("no room", func() string { e, n := k.call(nil, 0, -1); return show(e, n) }())
	line("delete", k.change(ev(r, evfiltRead, evDelete)))
	line("deleted", k.now())
	line("delete twice", k.change(ev(r, evfiltRead, evDelete)))
	line("enable a missing one", k.change(ev(r, evfiltRead, evEnable)))
	syscall.Close(r)
	syscall.Close(w)
}

func clearing() {
	k := newKqueue()
	defer k.close()
	r, w := pipe()
	line("add", k.change(ev(r, evfiltRead, evAdd|evClear)))
	write(w, "ab")
	line("first", k.now())
	line("told already", k.now())
	write(w, "c")
	line("more", k.now())
	line("told again", k.now())
	line("add again", k.change(ev(r, evfiltRead, evAdd|evClear)))
	line("looks again", k.now())
	syscall.Close(w)
	line("end", k.now())
	line("told of the end", k.now())
	syscall.Close(r)
}

func oneshot() {
	k := newKqueue()
	defer k.close()
	r, w := pipe()
	write(w, "ab")
	line("add", k.change(ev(r, evfiltRead, evAdd|evOneshot)))
	line("once", k.now())
	line("gone", k.now())
	line("really", k.change(ev(r, evfiltRead, evDelete)))
	line("again", k.change(ev(r, evfiltRead, evAdd|evOneshot)))
	line("once more", k.now())
	syscall.Close(r)
	syscall.Close(w)
}

func dispatch() {
	k := newKqueue()
	defer k.close()
	r, w := pipe()
	write(w, "ab")
	line("add", k.change(ev(r, evfiltRead, evAdd|evDispatch)))
	line("once", k.now())
	line("disabled", k.now())
	line("enable", k.change(ev(r, evfiltRead, evEnable|evDispatch)))
	line("again", k.now())
	line("disabled again", k.now())
	line("delete", k.change(ev(r, evfiltRead, evDelete)))
	syscall.Close(r)
	syscall.Close(w)
}

func disable() {
	k := newKqueue()
	defer k.close()
	r, w := pipe()
	write(w, "ab")
	line("add disabled", k.change(ev(r, evfiltRead, evAdd|evDisable)))
	line("silent", k.now())
	line("both", k.change(ev(r, evfiltRead, evEnable|evDisable)))
	line("enable", k.change(ev(r, evfiltRead, evEnable).tagged(5)))
	line("tells", k.now())
	line("disable", k.change(ev(r, evfiltRead, evDisable)))
	line("silent again", k.now())
	syscall.Close(w)
	line("silent about the end", k.now())
	line("keep udata", k.change(ev(r, evfiltRead, evEnable|evKeepUdata).tagged(9)))
	line("end", k.now())
	syscall.Close(r)
}

func both() {
	k := newKqueue()
	defer k.close()
	a, b := pair()
	line("add", k.change(ev(a, evfiltRead, evAdd|evClear).tagged(1), ev(a, evfiltWrite, evAdd|evClear).tagged(2)))
	line("writable", k.ready())
	line("told", k.ready())
	write(b, "xyz")
	events, _ := k.call(nil, 16, 0)
	for _, event := range events {
		if event.filter == evfiltRead {
			line("readable", event)
		}
	}
	line("delete one", k.change(ev(a, evfiltRead, evDelete)))
	write(b, "x")
	line("the other stays", k.change(ev(a, evfiltWrite, evAdd)))
	line("writable", k.ready())
	one := newKqueue()
	line("levels", one.change(ev(a, evfiltRead, evAdd), ev(a, evfiltWrite, evAdd)))
	seen := map[int16]bool{}
	for range 4 {
		events, _ := one.call(nil, 1, 0)
		for _, event := range events {
			seen[event.filter] = true
		}
	}
	line("room for one", fmt.Sprint(seen[evfiltRead] || seen[evfiltWrite]))
	once := newKqueue()
	line("one-shots", once.change(ev(a, evfiltRead, evAdd|evOneshot), ev(a, evfiltWrite, evAdd|evOneshot)))
	count := map[int16]int{}
	for range 4 {
		events, _ := once.call(nil, 1, 0)
		for _, event := range events {
			count[event.filter]++
		}
	}
	line("each once", fmt.Sprint(count[evfiltRead], count[evfiltWrite]))
	one.close()
	once.close()
	syscall.Close(a)
	syscall.Close(b)
}

// One knote of a descriptor tells of changes, the other of the state.
func mixed() {
	k := newKqueue()
	defer k.close()
	a, b := pair()
	line("add", k.change(ev(a, evfiltRead, evAdd), ev(a, evfiltWrite, evAdd|evClear)))
	line("first", k.ready())
	write(b, "hello")
	only := func() string {
		events, errno := k.call(nil, 16, 0)
		var found []kevent
		for _, event := range events {
			if event.filter == evfiltRead {
				found = append(found, event)
			}
		}
		return show(found, errno)
	}
	line("readable", only())
	line("still readable", only())
	line("and on", only())
	outer := newKqueue()
	names[uint64(k)] = "kqueue"
	line("outer", outer.change(ev(k, evfiltRead, evAdd)))
	line("seen from outside", outer.now())
	read(a, 5)
	line("read", only())
	line("silent from outside", outer.now())
	outer.close()
	syscall.Close(a)
	syscall.Close(b)
}

func eof() {
	k := newKqueue()
	defer k.close()
	r, w := pipe()
	line("read end", k.change(ev(r, evfiltRead, evAdd)))
	write(w, "ab")
	syscall.Close(w)
	line("writer gone", k.now())
	read(r, 2)
	line("drained", k.now())
	syscall.Close(r)
	r, w = pipe()
	line("write end", k.change(ev(w, evfiltWrite, evAdd|evClear)))
	line("room", k.ready())
	syscall.Close(r)
	line("reader gone", k.ready())
	syscall.Close(w)
	a, b := pair()
	line("socket", k.change(ev(a, evfiltRead, evAdd)))
	write(b, "xyz")
	syscall.Shutdown(b, syscall.SHUT_WR)
	line("half closed", k.now())
	line("write side", k.change(ev(a, evfiltWrite, evAdd|evOneshot)))
	events, _ := k.call(nil, 16, 0)
	for _, event := range events {
		if event.filter == evfiltWrite {
			line("still writable", fmt.Sprint(event.flags&evEOF == 0))
		}
	}
	syscall.Close(b)
	line("add write", k.change(ev(a, evfiltWrite, evAdd)))
	line("closed", k.ready())
	syscall.Close(a)
}

func listen() (int, syscall.Sockaddr) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	must(err)
	must(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	must(syscall.Listen(fd, 10))
	address, err := syscall.Getsockname(fd)
	must(err)
	names[uint64(fd)] = "listener"
	return fd, address
}

func dial(address syscall.Sockaddr) int {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	must(err)
	// A signal of Go's scheduler ends the waiting, not the connecting (connect(2), EINTR): it goes on by itself.
	err = syscall.Connect(fd, address)
	for err == syscall.EINTR || err == syscall.EALREADY {
		err = syscall.Connect(fd, address)
	}
	if err != syscall.EISCONN {
		must(err)
	}
	return fd
}

func sockets() {
	k := newKqueue()
	defer k.close()
	listener, address := listen()
	line("listener", k.change(ev(listener, evfiltRead, evAdd)))
	line("nobody", k.now())
	one, two := dial(address), dial(address)
	line("two waiting", k.within(time.Second))
	first, _, err := syscall.Accept(listener)
	must(err)
	line("one waiting", k.now())
	second, _, err := syscall.Accept(listener)
	must(err)
	line("none waiting", k.now())
	names[uint64(first)] = "first"
	line("accepted", k.change(ev(first, evfiltRead, evAdd), ev(first, evfiltWrite, evAdd|evOneshot)))
	line("writable", k.ready())
	write(one, "hello")
	line("bytes", k.within(time.Second))
	read(first, 5)
	syscall.SetsockoptLinger(one, syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1})
	syscall.Close(one)
	line("reset", k.within(time.Second))
	_, err = syscall.Read(first, make([]byte, 1))
	line("and the read says", err)
	syscall.Close(first)
	syscall.Close(second)
	syscall.Close(two)
	syscall.Close(listener)
}

func refused() {
	k := newKqueue()
	defer k.close()
	listener, address := listen()
	syscall.Close(listener)
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	must(err)
	names[uint64(fd)] = "socket"
	must(syscall.SetNonblock(fd, true))
	line("not connected", k.change(ev(fd, evfiltRead, evAdd), ev(fd, evfiltWrite, evAdd)))
	line("silent", k.now())
	line("for a while", k.within(20*time.Millisecond))
	line("connect", syscall.Connect(fd, address))
	seen := map[string]bool{}
	for range 4 {
		events, _ := k.call(nil, 16, 100*time.Millisecond)
		for _, event := range events {
			seen[fmt.Sprint(filters[event.filter], " eof ", event.flags&evEOF != 0, " error ", syscall.Errno(event.fflags))] = true
		}
	}
	line("read", fmt.Sprint(seen["READ eof true error connection refused"]))
	line("write", fmt.Sprint(seen["WRITE eof true error connection refused"]))
	line("kinds", len(seen))
	value, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_ERROR)
	must(err)
	line("SO_ERROR", syscall.Errno(value))
	syscall.Close(fd)
}

func datagrams() {
	k := newKqueue()
	defer k.close()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	must(err)
	names[uint64(fd)] = "udp"
	must(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	address, err := syscall.Getsockname(fd)
	must(err)
	line("add", k.change(ev(fd, evfiltRead, evAdd), ev(fd, evfiltWrite, evAdd|evOneshot)))
	line("writable", k.ready())
	must(syscall.Sendto(fd, nil, 0, address))
	events, _ := k.call(nil, 16, time.Second)
	line("an empty one", len(events))
	_, _, err = syscall.Recvfrom(fd, make([]byte, 1), 0)
	must(err)
	line("taken", k.now())
	syscall.Close(fd)
}

func lowat() {
	const noteLowat = 1
	k := newKqueue()
	defer k.close()
	a, b := pair()
	line("add", k.change(ev(a, evfiltRead, evAdd).with(noteLowat, 4)))
	write(b, "abc")
	line("three", k.now())
	write(b, "d")
	line("four", k.now())
	line("still four", k.now())
	read(a, 1)
	line("three again", k.now())
	write(b, "efg")
	line("six", k.now())
	syscall.Close(b)
	line("end", k.now())
	syscall.Close(a)
}

func files() {
	const noteFilePoll = 2
	directory, err := os.MkdirTemp("", "kqueue")
	must(err)
	defer os.RemoveAll(directory)
	file, err := os.OpenFile(filepath.Join(directory, "file"), os.O_RDWR|os.O_CREATE, 0o600)
	must(err)
	fd := int(file.Fd())
	names[uint64(fd)] = "file"
	k := newKqueue()
	defer k.close()
	line("add", k.change(ev(fd, evfiltRead, evAdd)))
	line("empty", k.now())
	write(fd, "0123456789")
	line("at its end", k.now())
	must2(syscall.Seek(fd, 4, 0))
	write(fd, "")
	other, err := os.OpenFile(filepath.Join(directory, "file"), os.O_WRONLY|os.O_APPEND, 0)
	must(err)
	must2(other.WriteString("abc"))
	line("thirteen bytes, four read", k.within(time.Second))
	line("still", k.now())
	must2(syscall.Seek(fd, 13, 0))
	line("at its end", k.now())
	must2(other.WriteString("def"))
	line("grown", k.within(time.Second))
	must2(syscall.Seek(fd, 20, 0))
	line("behind its end", k.now())
	line("write", k.change(ev(fd, evfiltWrite, evAdd|evOneshot)))
	line("always", k.change(ev(fd, evfiltRead, evDelete)))
	line("writable", k.now())
	must2(syscall.Seek(fd, 16, 0))
	line("like poll", k.change(ev(fd, evfiltRead, evAdd|evClear).with(noteFilePoll, 0)))
	line("ready at its end", k.now())
	line("told", k.now())
	must2(other.WriteString("ghi"))
	line("grown", k.within(time.Second))
	file.Close()
	line("closed", k.now())
	dir, err := os.Open(directory)
	must(err)
	names[uint64(dir.Fd())] = "directory"
	line("directory", k.change(ev(int(dir.Fd()), evfiltWrite, evAdd|evOneshot)))
	line("writable, they say", k.now())
	dir.Close()
	other.Close()
}

func must2[T any](value T, err error) T {
	must(err)
	return value
}

func errors() {
	k := newKqueue()
	defer k.close()
	r, w := pipe()
	bad := 700
	line("not open", k.change(ev(bad, evfiltRead, evAdd)))
	line("negative", k.change(ev(uint64(1)<<63, evfiltRead, evAdd)))
	line("delete of what is not open", k.change(ev(bad, evfiltRead, evDelete)))
	line("unknown filter", k.change(ev(r, -100, evAdd)))
	line("positive filter", k.change(ev(r, 3, evAdd)))
	line("filter 0 is skipped", k.change(ev(bad, 0, evAdd)))
	line("itself", k.change(ev(k, evfiltRead, evAdd)))
	other := newKqueue()
	line("writing to a kqueue", k.change(ev(other, evfiltWrite, evAdd)))
	other.close()
	names[uint64(bad)] = "bad"
	events, errno := k.call([]kevent{ev(bad, evfiltRead, evAdd).tagged(3), ev(r, evfiltRead, evAdd), ev(r, evfiltWrite, evDelete)}, 4, -1)
	line("records", show(events, errno))
	events, errno = k.call([]kevent{ev(r, evfiltRead, evAdd|evReceipt).with(0, 5), ev(bad, evfiltRead, evAdd|evReceipt)}, 4, -1)
	line("receipts", show(events, errno))
	events, errno = k.call([]kevent{ev(r, evfiltRead, evAdd|evReceipt), ev(bad, evfiltRead, evAdd)}, 1, -1)
	line("room for one", show(events, errno))
	events, errno = k.call([]kevent{ev(bad, evfiltRead, evAdd), ev(bad, evfiltWrite, evAdd)}, 4, -1)
	line("a pair", show(events, errno))
	write(w, "x")
	line("receipt in the flags", k.now())
	line("not a kqueue", kq(r).now())
	line("not a descriptor", kq(bad).now())
	line("made by the kernel only", k.change(ev(1, evfiltAio, evAdd)))
	line("keep udata of a new one", k.change(ev(w, evfiltWrite, evAdd|evKeepUdata)))
	null := must2(syscall.Open("/dev/null", syscall.O_RDWR, 0))
	line("a device without kqfilter", k.change(ev(null, evfiltRead, evAdd)) != "ok")
	syscall.Close(null)
	_, _, errno = syscall.Syscall6(sysKevent, uintptr(k), 0, 0, 8, 1, uintptr(unsafe.Pointer(&syscall.Timespec{})))
	line("a bad event list", errno.Error())
	_, _, errno = syscall.Syscall6(sysKevent, uintptr(k), 8, 1, 0, 0, 0)
	line("a bad change list", errno.Error())
	var room kevent
	_, _, errno = syscall.Syscall6(sysKevent, uintptr(k), 0, 0, uintptr(unsafe.Pointer(&room)), 1, uintptr(unsafe.Pointer(&syscall.Timespec{Nsec: -1})))
	line("a bad timeout", errno.Error())
	syscall.Close(r)
	syscall.Close(w)
}

// A knote goes with its number, not with its file.
func closing() {
	k := newKqueue()
	defer k.close()
	r, w := pipe()
	copied, kept := must2(syscall.Dup(r)), must2(syscall.Dup(r))
	line("add", k.change(ev(r, evfiltRead, evAdd)))
	write(w, "x")
	line("tells", k.now())
	syscall.Close(r)
	line("closed, though its file is open", k.now())
	names[uint64(copied)] = "copy"
	line("the copy", k.change(ev(copied, evfiltRead, evAdd|evClear)))
	line("tells", k.now())
	must(syscall.Dup2(w, copied))
	write(w, "y")
	line("replaced", k.now())
	line("nothing there", k.change(ev(copied, evfiltRead, evDelete)))
	syscall.Close(copied)
	syscall.Close(kept)
	syscall.Close(w)
	r, w = pipe()
	for w != r+1 {
		// What lies between is somebody else's, the runtime's own kqueue for one.
		defer syscall.Close(r)
		defer syscall.Close(w)
		r, w = pipe()
	}
	line("add to a range", k.change(ev(r, evfiltRead, evAdd), ev(w, evfiltWrite, evAdd|evClear)))
	line("tells", k.ready())
	_, _, errno := syscall.RawSyscall(575, uintptr(r), uintptr(w), 0)
	must(errno)
	line("range closed", k.now())
	// A kqueue lives as long as one of its numbers.
	line("add", k.change(ev(1, evfiltUser, evAdd|evClear)))
	second := kq(must2(syscall.Dup(int(k))))
	third := kq(must2(syscall.Dup(int(second))))
	syscall.Close(int(second))
	line("a closed number", second.now())
	line("trigger by another", third.change(ev(1, evfiltUser, 0).with(noteTrigger, 0)))
	line("fired", k.now())
	must(syscall.Dup2(int(third), int(k)))
	line("trigger", k.change(ev(1, evfiltUser, 0).with(noteTrigger, 0)))
	line("fired", third.now())
	third.close()
	// Somebody else closes the kqueue under a sleeper.
	var wait sync.WaitGroup
	victim := newKqueue()
	wait.Add(1)
	go func() {
		defer wait.Done()
		line("sleeper", victim.within(5*time.Second))
	}()
	time.Sleep(50 * time.Millisecond)
	victim.close()
	wait.Wait()
}

func nesting() {
	inner, outer := newKqueue(), newKqueue()
	names[uint64(inner)] = "inner"
	r, w := pipe()
	line("inner", inner.change(ev(r, evfiltRead, evAdd)))
	line("outer", outer.change(ev(inner, evfiltRead, evAdd)))
	line("silent", outer.now())
	write(w, "x")
	line("inner is readable", outer.now())
	line("still", outer.now())
	read(r, 1)
	line("drained", outer.now())
	line("user", inner.change(ev(1, evfiltUser, evAdd|evClear)))
	line("trigger", inner.change(ev(1, evfiltUser, 0).with(noteTrigger, 0)))
	line("readable by a user event", outer.now())
	line("taken", inner.now())
	line("silent again", outer.now())
	inner.close()
	outer.close()
	syscall.Close(r)
	syscall.Close(w)
}

const (
	noteTrigger = 0x01000000
	noteFFAnd   = 0x40000000
	noteFFOr    = 0x80000000
	noteFFCopy  = 0xc0000000
)

func user() {
	k := newKqueue()
	defer k.close()
	line("missing", k.change(ev(1, evfiltUser, 0).with(noteTrigger, 0)))
	line("add", k.change(ev(1, evfiltUser, evAdd|evClear).tagged(4)))
	line("silent", k.now())
	line("trigger", k.change(ev(1, evfiltUser, 0).with(noteTrigger, 0).tagged(6)))
	line("fired", k.now())
	line("cleared", k.now())
	line("copy", k.change(ev(1, evfiltUser, 0).with(noteFFCopy|0xff, 0)))
	line("and", k.change(ev(1, evfiltUser, 0).with(noteFFAnd|0x0f, 0)))
	line("or", k.change(ev(1, evfiltUser, 0).with(noteFFOr|0x100|noteTrigger, 42)))
	line("bits", k.now())
	line("level", k.change(ev(2, evfiltUser, evAdd)))
	line("trigger", k.change(ev(2, evfiltUser, 0).with(noteTrigger, 0)))
	line("fired", k.now())
	line("still", k.now())
	line("disable", k.change(ev(2, evfiltUser, evDisable)))
	line("silent", k.now())
	line("enable", k.change(ev(2, evfiltUser, evEnable)))
	line("still", k.now())
	line("reset", k.change(ev(2, evfiltUser, evClear)))
	line("silent", k.now())
	line("one-shot", k.change(ev(3, evfiltUser, evAdd|evOneshot)))
	line("trigger", k.change(ev(3, evfiltUser, 0).with(noteTrigger, 0)))
	line("fired", k.now())
	line("gone", k.change(ev(3, evfiltUser, 0).with(noteTrigger, 0)))
	line("dispatch", k.change(ev(4, evfiltUser, evAdd|evDispatch)))
	line("trigger", k.change(ev(4, evfiltUser, 0).with(noteTrigger, 0)))
	line("fired", k.now())
	line("disabled", k.now())
	line("enable", k.change(ev(4, evfiltUser, evEnable)))
	line("fired", k.now())
	line("delete", k.change(ev(4, evfiltUser, evDelete)))
	line("force", k.change(ev(1, evfiltUser, evForceOneshot)))
	events, errno := k.call(nil, 16, 0)
	line("forced", fmt.Sprint(len(events), errno))
	line("and gone", k.change(ev(1, evfiltUser, evDelete)))
	// More events than room.
	for i := range 5 {
		k.change(ev(10+i, evfiltUser, evAdd|evOneshot))
		k.change(ev(10+i, evfiltUser, 0).with(noteTrigger, 0))
	}
	for {
		events, errno := k.call(nil, 2, 0)
		line("two at a time", show(events, errno))
		if len(events) == 0 {
			break
		}
	}
}

// Many threads wait; what fires once is told once.
func crowd() {
	const threads, rounds = 4, 200
	k := newKqueue()
	defer k.close()
	k.change(ev(99, evfiltUser, evAdd))
	var wait sync.WaitGroup
	var mutex sync.Mutex
	told := map[uint64]int{}
	for range threads {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for {
				events, errno := k.call(nil, 3, -1)
				must(errno)
				mutex.Lock()
				for _, event := range events {
					if event.ident == 99 {
						mutex.Unlock()
						return
					}
					told[event.ident]++
				}
				mutex.Unlock()
			}
		}()
	}
	a, b := pair()
	for i := range rounds {
		k.change(ev(1000+i, evfiltUser, evAdd|evOneshot))
		k.change(ev(1000+i, evfiltUser, 0).with(noteTrigger, 0))
		must2(syscall.Write(b, []byte("x")))
		k.change(ev(a, evfiltRead, evAdd|evOneshot))
	}
	time.Sleep(100 * time.Millisecond)
	k.change(ev(99, evfiltUser, 0).with(noteTrigger, 0))
	wait.Wait()
	once := 0
	for i := range uint64(rounds) {
		if told[1000+i] == 1 {
			once++
		}
	}
	line("told once", once)
	line("socket told", told[uint64(a)] > 0 && told[uint64(a)] <= rounds)
	syscall.Close(a)
	syscall.Close(b)
}

func timers() {
	const seconds, micros, nanos, absolute = 1, 4, 8, 0x10
	k := newKqueue()
	defer k.close()
	before := time.Now()
	line("add", k.change(ev(1, evfiltTimer, evAdd|evOneshot).with(0, 30).tagged(8)))
	line("not yet", k.now())
	line("fired", k.within(time.Second))
	took := time.Since(before)
	line("in time", took >= 30*time.Millisecond && took < 300*time.Millisecond)
	line("gone", k.change(ev(1, evfiltTimer, evDelete)))
	line("periodic", k.change(ev(2, evfiltTimer, evAdd).with(micros, 10000)))
	time.Sleep(55 * time.Millisecond)
	events, _ := k.call(nil, 4, 0)
	line("counted", len(events) == 1 && events[0].data >= 4 && events[0].data <= 8 && events[0].flags == evClear)
	line("and again", show(first(k.call(nil, 4, time.Second))))
	line("start over", k.change(ev(2, evfiltTimer, evAdd).with(seconds, 100)))
	line("silent", k.within(30*time.Millisecond))
	line("delete", k.change(ev(2, evfiltTimer, evDelete)))
	line("nanoseconds", k.change(ev(3, evfiltTimer, evAdd|evOneshot).with(nanos, 5000000)))
	line("fired", k.within(time.Second))
	line("at a time", k.change(ev(4, evfiltTimer, evAdd|evOneshot).with(absolute|nanos, time.Now().Add(20*time.Millisecond).UnixNano())))
	line("not yet", k.now())
	line("fired", k.within(time.Second))
	line("in the past", k.change(ev(5, evfiltTimer, evAdd).with(absolute|seconds, 1000)))
	line("fired", k.within(time.Second))
	line("stays", k.now())
	line("delete", k.change(ev(5, evfiltTimer, evDelete)))
	line("at once", k.change(ev(6, evfiltTimer, evAdd|evOneshot)))
	line("fired", k.within(time.Second))
	line("negative", k.change(ev(7, evfiltTimer, evAdd).with(0, -1)))
	line("two units", k.change(ev(7, evfiltTimer, evAdd).with(seconds|nanos, 1)))
	line("unknown bits", k.change(ev(7, evfiltTimer, evAdd).with(0x100, 1)))
	line("dispatch", k.change(ev(8, evfiltTimer, evAdd|evDispatch).with(0, 5)))
	line("fired", show(first(k.call(nil, 4, time.Second))))
	line("disabled", k.within(20*time.Millisecond))
	line("enable", k.change(ev(8, evfiltTimer, evEnable|evDispatch)))
	events, _ = k.call(nil, 4, time.Second)
	line("counted meanwhile", len(events) == 1 && events[0].data >= 3)
	line("delete", k.change(ev(8, evfiltTimer, evDelete)))
	for i := range 20 {
		k.change(ev(100+i, evfiltTimer, evAdd|evOneshot).with(0, int64(20-i)))
	}
	var order []uint64
	for len(order) < 20 {
		events, errno := k.call(nil, 3, time.Second)
		must(errno)
		if len(events) == 0 {
			break
		}
		for _, event := range events {
			order = append(order, event.ident)
		}
	}
	line("all fired", len(order))
	start := time.Now()
	line("a timeout", k.within(25*time.Millisecond))
	line("waited", time.Since(start) >= 25*time.Millisecond)
}

func first(events []kevent, errno syscall.Errno) ([]kevent, syscall.Errno) {
	for i := range events {
		events[i].data = 0
	}
	return events, errno
}

func signals() {
	k := newKqueue()
	defer k.close()
	pid := syscall.Getpid()
	signal.Ignore(syscall.SIGUSR1)
	line("add", k.change(ev(int(syscall.SIGUSR1), evfiltSignal, evAdd).tagged(2)))
	line("none", k.now())
	must(syscall.Kill(pid, syscall.SIGUSR1))
	line("ignored", k.within(time.Second))
	line("cleared", k.now())
	// One at a time: a signal that still waits swallows the next.
	witness := newKqueue()
	witness.change(ev(int(syscall.SIGUSR1), evfiltSignal, evAdd))
	for range 3 {
		must(syscall.Kill(pid, syscall.SIGUSR1))
		witness.within(time.Second)
	}
	witness.close()
	line("three", k.now())
	channel := make(chan os.Signal, 8)
	signal.Notify(channel, syscall.SIGUSR2)
	line("add", k.change(ev(int(syscall.SIGUSR2), evfiltSignal, evAdd)))
	must(syscall.Kill(pid, syscall.SIGUSR2))
	line("handled", <-channel)
	line("and told", k.within(time.Second))
	line("delete", k.change(ev(int(syscall.SIGUSR2), evfiltSignal, evDelete)))
	must(syscall.Kill(pid, syscall.SIGUSR2))
	line("handled", <-channel)
	line("not told", k.now())
	// A sleeper is not disturbed by what is ignored, and its time goes on.
	other := newKqueue()
	sent := make(chan bool)
	go func() {
		for range 10 {
			time.Sleep(5 * time.Millisecond)
			syscall.Kill(pid, syscall.SIGUSR1)
		}
		close(sent)
	}()
	start := time.Now()
	line("asleep", other.within(80*time.Millisecond))
	took := time.Since(start)
	line("for so long", took >= 80*time.Millisecond && took < 400*time.Millisecond)
	<-sent
	other.close()
	line("no signal", k.change(ev(0, evfiltSignal, evAdd)) != "")
	events, _ := k.call(nil, 4, time.Second)
	line("counted", len(events) == 1 && events[0].data > 0 && events[0].data <= 10)
	line("delete", k.change(ev(int(syscall.SIGUSR1), evfiltSignal, evDelete)))
	signal.Reset(syscall.SIGUSR1, syscall.SIGUSR2)
	blocked(k)
}

// A blocked signal is told of once, when it is sent.
func blocked(k kq) {
	const sysSigprocmask, sysThrSelf, sysThrKill = 340, 432, 433
	const setmask = 3
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var id int64
	_, _, errno := syscall.RawSyscall(sysThrSelf, uintptr(unsafe.Pointer(&id)), 0, 0)
	must(errno)
	signal.Ignore(syscall.SIGUSR2)
	var old, mask [4]uint32
	mask[0] = 1 << (syscall.SIGUSR2 - 1)
	_, _, errno = syscall.RawSyscall(sysSigprocmask, setmask, uintptr(unsafe.Pointer(&mask)), uintptr(unsafe.Pointer(&old)))
	must(errno)
	line("add", k.change(ev(int(syscall.SIGUSR2), evfiltSignal, evAdd)))
	_, _, errno = syscall.RawSyscall(sysThrKill, uintptr(id), uintptr(syscall.SIGUSR2), 0)
	must(errno)
	line("blocked", k.within(time.Second))
	line("told", k.now())
	_, _, errno = syscall.RawSyscall(sysSigprocmask, setmask, uintptr(unsafe.Pointer(&old)), 0)
	must(errno)
	line("unblocked", k.within(20*time.Millisecond))
	_, _, errno = syscall.RawSyscall(sysThrKill, uintptr(id), uintptr(syscall.SIGUSR2), 0)
	must(errno)
	line("sent again", k.within(time.Second))
	signal.Reset(syscall.SIGUSR2)
}

func child() {
	switch os.Getenv("CHILD") {
	case "exit":
		os.Exit(7)
	case "sleep":
		time.Sleep(time.Minute)
	}
	os.Exit(0)
}

func start(what string) *exec.Cmd {
	command := exec.Command(os.Args[0], "child")
	command.Env = append(os.Environ(), "CHILD="+what)
	must(command.Start())
	names[uint64(command.Process.Pid)] = "child"
	return command
}

func processes() {
	const noteExit = 0x80000000
	k := newKqueue()
	defer k.close()
	command := start("exit")
	line("add", k.change(ev(command.Process.Pid, evfiltProc, evAdd).with(noteExit, 0).tagged(3)))
	line("ended", k.within(5*time.Second))
	line("gone", k.change(ev(command.Process.Pid, evfiltProc, evDelete)))
	line("not reaped", command.Wait())
	line("no such process", k.change(ev(command.Process.Pid, evfiltProc, evAdd).with(noteExit, 0)))
	command = start("sleep")
	line("add", k.change(ev(command.Process.Pid, evfiltProc, evAdd|evOneshot).with(noteExit, 0)))
	line("alive", k.within(50*time.Millisecond))
	must(command.Process.Kill())
	line("killed", k.within(5*time.Second))
	command.Wait()
	command = start("exit")
	time.Sleep(300 * time.Millisecond)
	line("a zombie", k.change(ev(command.Process.Pid, evfiltProc, evAdd).with(noteExit, 0)))
	line("ended", k.within(time.Second))
	command.Wait()
	line("a process descriptor, not", k.change(ev(0, evfiltProcdesc, evAdd).with(noteExit, 0)))
}

// Processes known by descriptors.
func descriptors() {
	const sysPdfork, sysPdkill, noteExit = 518, 519, 0x80000000
	k := newKqueue()
	defer k.close()
	for _, sleeps := range []bool{false, true} {
		var fd int32
		pid, _, errno := syscall.RawSyscall(sysPdfork, uintptr(unsafe.Pointer(&fd)), 0, 0)
		if pid == 0 && errno == 0 {
			if sleeps {
				syscall.RawSyscall(syscall.SYS_SELECT, 0, 0, 0)
			}
			syscall.RawSyscall(syscall.SYS_EXIT, 3, 0, 0)
		}
		must(errno)
		names[uint64(fd)] = "process"
		line("add", k.change(ev(int(fd), evfiltProcdesc, evAdd).with(noteExit, 0)))
		if sleeps {
			line("alive", k.within(20*time.Millisecond))
			_, _, errno = syscall.RawSyscall(sysPdkill, uintptr(fd), uintptr(syscall.SIGKILL), 0)
			must(errno)
		}
		line("ended", k.within(5*time.Second))
		line("told", k.now())
		line("gone", k.change(ev(int(fd), evfiltProcdesc, evDelete)))
		line("as a zombie", k.change(ev(int(fd), evfiltProcdesc, evAdd).with(noteExit, 0)))
		line("ended", k.within(time.Second))
		syscall.Close(int(fd))
	}
	r, w := pipe()
	line("of a pipe", k.change(ev(r, evfiltProcdesc, evAdd).with(noteExit, 0)))
	syscall.Close(r)
	syscall.Close(w)
}

const (
	noteDelete = 1 << iota
	noteWrite
	noteExtend
	noteAttrib
	noteLink
	noteRename
	noteRevoke
	noteOpen
	noteClose
	noteCloseWrite
	noteRead
)

func vnodes() {
	directory := must2(os.MkdirTemp("", "kqueue"))
	defer os.RemoveAll(directory)
	path := filepath.Join(directory, "file")
	must(os.WriteFile(path, []byte("0123"), 0o600))
	fd := must2(syscall.Open(path, syscall.O_RDONLY, 0))
	dir := must2(syscall.Open(directory, syscall.O_RDONLY, 0))
	names[uint64(fd)], names[uint64(dir)] = "file", "directory"
	k := newKqueue()
	defer k.close()
	const most = noteDelete | noteWrite | noteExtend | noteAttrib | noteLink | noteRename
	line("file", k.change(ev(fd, evfiltVnode, evAdd|evClear).with(most, 0)))
	line("directory", k.change(ev(dir, evfiltVnode, evAdd|evClear).with(most, 0)))
	settle := func() string { time.Sleep(20 * time.Millisecond); return k.now() }
	line("nothing", settle())
	other := must2(os.OpenFile(path, os.O_RDWR, 0))
	must2(other.WriteAt([]byte("x"), 0))
	line("overwritten", settle())
	must2(other.WriteAt([]byte("yz"), 4))
	line("extended", settle())
	line("cleared", settle())
	must(os.Chmod(path, 0o640))
	line("attributes", settle())
	must(os.Link(path, path+".link"))
	line("a second name", settle())
	must(os.Remove(path + ".link"))
	line("removed again", settle())
	must(os.Rename(path, path+".new"))
	line("renamed", settle())
	must(os.Mkdir(filepath.Join(directory, "sub"), 0o700))
	line("a subdirectory", settle())
	must(os.Remove(path + ".new"))
	line("deleted", settle())
	line("others", k.change(ev(fd, evfiltVnode, evAdd|evClear).with(noteCloseWrite, 0)))
	other.Close()
	line("closed", settle())
	syscall.Close(fd)
	syscall.Close(dir)
	line("gone", settle())
	must(os.WriteFile(path, nil, 0o600))
	fd = must2(syscall.Open(path, syscall.O_RDONLY, 0))
	names[uint64(fd)] = "file"
	line("level", k.change(ev(fd, evfiltVnode, evAdd).with(noteAttrib, 0)))
	must(os.Chmod(path, 0o600))
	line("told", settle())
	line("and told", settle())
	line("one-shot", k.change(ev(fd, evfiltVnode, evDelete), ev(fd, evfiltVnode, evAdd|evOneshot).with(noteWrite, 0)))
	must(os.WriteFile(path, []byte("x"), 0o600))
	line("told", settle())
	line("once", k.change(ev(fd, evfiltVnode, evDelete)))
	syscall.Close(fd)
}

// A child has no kqueue, and closing things there changes nothing here.
func forks() {
	k := newKqueue()
	defer k.close()
	r, w := pipe()
	line("add", k.change(ev(r, evfiltRead, evAdd), ev(1, evfiltUser, evAdd), ev(2, evfiltTimer, evAdd).with(1, 100)))
	command := start("exit")
	command.Wait()
	write(w, "x")
	line("tells", k.now())
	line("trigger", k.change(ev(1, evfiltUser, 0).with(noteTrigger, 0)))
	events, _ := k.call(nil, 16, 0)
	line("both", len(events))
	syscall.Close(r)
	syscall.Close(w)
}

// What it takes to do all this is nobody else's business.
func hidden() {
	k := newKqueue()
	r, w := pipe()
	for _, change := range []kevent{
		ev(1, evfiltUser, evAdd|evClear), ev(2, evfiltTimer, evAdd).with(1, 100), ev(int(syscall.SIGUSR1), evfiltSignal, evAdd),
		ev(syscall.Getpid(), evfiltProc, evAdd).with(0x80000000, 0),
	} {
		if result := k.change(change); result != "ok" {
			line("change", result)
		}
	}
	var limit syscall.Rlimit
	must(syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	open := func(most int) []int {
		var found []int
		for fd := 3; fd < most; fd++ {
			var stat syscall.Stat_t
			if syscall.Fstat(fd, &stat) == nil {
				found = append(found, fd)
			}
		}
		return found
	}
	before := len(open(int(min(limit.Cur, 20000))))
	most := k
	line("no strangers", before <= 8)
	// The program takes every number there is, one after the other.
	taken := 0
	for fd := 10; fd < int(min(limit.Cur, 20000)); fd++ {
		if fd == int(most) || fd == r || fd == w {
			continue
		}
		var stat syscall.Stat_t
		if syscall.Fstat(fd, &stat) == nil {
			continue
		}
		if syscall.Dup2(w, fd) == nil {
			taken++
			syscall.Close(fd)
		}
	}
	line("all numbers are the program's", taken > 500)
	line("trigger", k.change(ev(1, evfiltUser, 0).with(noteTrigger, 0)))
	line("still works", k.now())
	line("timer", k.change(ev(3, evfiltTimer, evAdd|evOneshot).with(0, 1)))
	line("still works", k.within(time.Second))
	signal.Ignore(syscall.SIGUSR1)
	must(syscall.Kill(syscall.Getpid(), syscall.SIGUSR1))
	line("still works", k.within(time.Second))
	k.close()
	syscall.Close(r)
	syscall.Close(w)
}

// The structure and number of FreeBSD 11, which Go's syscall package uses.
func old() {
	k, err := syscall.Kqueue()
	must(err)
	r, w := pipe()
	write(w, "four")
	changes := []syscall.Kevent_t{{Ident: uint64(r), Filter: evfiltRead, Flags: evAdd}}
	events := make([]syscall.Kevent_t, 4)
	n, err := syscall.Kevent(k, changes, events, nil)
	must(err)
	line("events", n)
	line("data", events[0].Data)
	line("ident", events[0].Ident == uint64(r))
	_, err = syscall.Kevent(k, []syscall.Kevent_t{{Ident: 700, Filter: evfiltRead, Flags: evAdd}}, nil, nil)
	line("error", err)
	syscall.Close(k)
	syscall.Close(r)
	syscall.Close(w)
}

// Descriptors that FreeBSD has from Linux.
func special() {
	const sysSpecialfd, sysTimerfdCreate, sysTimerfdSettime, sysInotifyAddWatchAt = 577, 585, 587, 593
	const cloexec, nonblock = 0x100000, 4
	k := newKqueue()
	defer k.close()
	request := [2]uint32{3, cloexec | nonblock}
	fd, _, errno := syscall.Syscall(sysSpecialfd, 1, uintptr(unsafe.Pointer(&request)), 8)
	must(errno)
	names[uint64(fd)] = "eventfd"
	var count uint64
	n := must2(syscall.Read(int(fd), (*[8]byte)(unsafe.Pointer(&count))[:]))
	line("eventfd", fmt.Sprint(n, count))
	_, err := syscall.Read(int(fd), make([]byte, 8))
	line("empty", err)
	line("add", k.change(ev(int(fd), evfiltRead, evAdd)))
	line("silent", k.now())
	must2(syscall.Write(int(fd), []byte{1, 0, 0, 0, 0, 0, 0, 0}))
	events, _ := k.call(nil, 4, 0)
	line("readable", len(events))
	syscall.Close(int(fd))
	_, _, errno = syscall.Syscall(sysSpecialfd, 1, uintptr(unsafe.Pointer(&request)), 4)
	line("wrong size", errno)
	_, _, errno = syscall.Syscall(sysSpecialfd, 9, uintptr(unsafe.Pointer(&request)), 8)
	line("wrong type", errno)
	request[1] = 0x80
	_, _, errno = syscall.Syscall(sysSpecialfd, 1, uintptr(unsafe.Pointer(&request)), 8)
	line("wrong flags", errno)

	fd, _, errno = syscall.Syscall(sysTimerfdCreate, 4, cloexec, 0)
	must(errno)
	names[uint64(fd)] = "timerfd"
	value := [2]syscall.Timespec{{}, {Nsec: 5000000}}
	_, _, errno = syscall.Syscall6(sysTimerfdSettime, fd, 0, uintptr(unsafe.Pointer(&value)), 0, 0, 0)
	must(errno)
	line("add", k.change(ev(int(fd), evfiltRead, evAdd)))
	events, _ = k.call(nil, 4, time.Second)
	line("readable", len(events))
	must2(syscall.Read(int(fd), (*[8]byte)(unsafe.Pointer(&count))[:]))
	line("expirations", count)
	syscall.Close(int(fd))

	directory := must2(os.MkdirTemp("", "kqueue"))
	defer os.RemoveAll(directory)
	dir := must2(syscall.Open(directory, syscall.O_RDONLY, 0))
	must(os.Mkdir(filepath.Join(directory, "sub"), 0o700))
	fd, _, errno = syscall.Syscall(sysSpecialfd, 2, uintptr(unsafe.Pointer(&[1]uint32{cloexec | nonblock})), 4)
	must(errno)
	name := append([]byte("sub"), 0)
	_, _, errno = syscall.Syscall6(sysInotifyAddWatchAt, fd, uintptr(dir), uintptr(unsafe.Pointer(&name[0])), 0x100, 0, 0)
	must(errno)
	must(os.WriteFile(filepath.Join(directory, "sub", "made"), nil, 0o600))
	buffer := make([]byte, 256)
	n = must2(syscall.Read(int(fd), buffer))
	line("inotify", fmt.Sprintf("%d %#x %q", n, *(*uint32)(unsafe.Pointer(&buffer[4])), buffer[16:20]))
	syscall.Close(int(fd))
	syscall.Close(dir)
}
