//go:build freebsd

package main

import (
	"io"
	"os"
	"syscall"
	"time"
)

// rooms asks a connection for edges of both sorts, as network pollers do: requests and answers for a while, then more than
// it takes. Whatever came before, it must tell when there is room again.
func rooms() {
	k := newKqueue()
	defer k.close()
	listener, address := listen()
	theirs := dial(address)
	ours, _, err := syscall.Accept(listener)
	must(err)
	must(syscall.SetNonblock(ours, true))
	both := []kevent{ev(ours, evfiltRead, evAdd|evClear), ev(ours, evfiltWrite, evAdd|evClear)}
	line("both", k.change(both...))
	line("room", k.tells(ours, evfiltWrite, 0))
	lost, wrong := 0, 0
	ask := func(often int) {
		for range often {
			write(theirs, "question")
			if !k.tells(ours, evfiltRead, evEOF) {
				lost++
			}
			read(ours, 8)
			write(ours, "answer")
			read(theirs, 6)
		}
	}
	for range 3 {
		ask(20)
		if n := k.fill(ours); !drain(theirs, n) {
			wrong++
		}
		if !k.tells(ours, evfiltWrite, evEOF) {
			lost++
		}
	}
	line("lost, wrong", [2]int{lost, wrong})
	k.now()
	line("no writing", k.change(ev(ours, evfiltWrite, evDelete)))
	line("again", k.change(ev(ours, evfiltWrite, evDelete)))
	ask(1)
	line("writing", k.change(both[1]))
	line("room", k.tells(ours, evfiltWrite, evEOF))
	line("disabled", k.change(ev(ours, evfiltRead, evDisable)))
	write(theirs, "question")
	line("enabled", k.change(ev(ours, evfiltRead, evEnable)))
	line("and read", k.tells(ours, evfiltRead, evEOF))
	read(ours, 8)
	ask(20)
	// Another number for the same connection, which goes on when the first is closed.
	other, err := syscall.Dup(ours)
	must(err)
	syscall.Close(ours)
	write(theirs, "question")
	line("closed", k.now())
	line("the other", k.change(ev(other, evfiltRead, evAdd|evClear), ev(other, evfiltWrite, evAdd|evClear)))
	line("readable", k.tells(other, evfiltRead, evEOF))
	read(other, 8)
	ours = other
	ask(20)
	n := k.fill(ours)
	line("drained", drain(theirs, n))
	line("room", k.tells(ours, evfiltWrite, evEOF))
	line("lost", lost)
	syscall.Close(theirs)
	line("end", k.tells(ours, evfiltRead, 0))
	syscall.Close(ours)
	syscall.Close(listener)
}

// tells waits for an event with none of the flags.
func (k kq) tells(fd int, filter int16, without uint16) bool {
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		// Room for one, so that the other one has to wait.
		events, errno := k.call(nil, 1, time.Until(end))
		must(errno)
		for _, event := range events {
			if event.ident == uint64(fd) && event.filter == filter && event.flags&without == 0 {
				return true
			}
		}
	}
	return false
}

// fill writes until there is no room and none comes, and returns how many bytes that took.
func (k kq) fill(fd int) int {
	all, bytes := 0, make([]byte, 64<<10)
	for {
		n, err := syscall.Write(fd, bytes)
		if err == nil {
			all += n
			continue
		}
		if err != syscall.EAGAIN {
			must(err)
		}
		if events := must2(k.until(100 * time.Millisecond)); len(events) == 0 {
			return all
		}
	}
}

func (k kq) until(wait time.Duration) ([]kevent, error) {
	events, errno := k.call(nil, 16, wait)
	if errno != 0 {
		return nil, errno
	}
	return events, nil
}

func drain(fd int, size int) bool {
	file := os.NewFile(uintptr(must2(syscall.Dup(fd))), "theirs")
	defer file.Close()
	n, err := io.ReadFull(file, make([]byte, size))
	return err == nil && n == size
}
