//go:build freebsd

package main

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// child is what the program does when it is started by itself.
func child(what string) {
	switch what {
	case "seven":
		os.Exit(7)
	case "stop":
		// Lives on until it was seen to continue.
		end := make(chan os.Signal, 1)
		signal.Notify(end, syscall.SIGTERM)
		syscall.Kill(os.Getpid(), syscall.SIGSTOP)
		<-end
		os.Exit(0)
	case "wait":
		os.Stdin.Read(make([]byte, 1))
		os.Exit(0)
	}
	os.Exit(99)
}

func start(what string) *exec.Cmd {
	command := exec.Command(os.Args[0], what)
	if what == "wait" {
		command.Stdin, _ = os.Open("/dev/zero")
		reader, writer, _ := os.Pipe()
		command.Stdin = reader
		_ = writer
	}
	if err := command.Start(); err != nil {
		line("start", err)
	}
	return command
}

func processes() {
	pid := int32(os.Getpid())
	info, err := sysctl([]int32{1, 14, 1, pid}, nil)
	line("own", err, len(info))
	field := func(offset int) int32 { return int32(binary.LittleEndian.Uint32(info[offset:])) }
	// The caller's own may be 0, for a group or session led from outside a process namespace.
	session, _ := call(310, 0)
	line("pid, parent, group, session", field(72) == pid, field(76) == int32(os.Getppid()), field(80) == int32(syscall.Getpgrp()), field(88) == int32(session))
	line("users", field(168) == int32(os.Geteuid()), field(172) == int32(os.Getuid()))
	line("name", strings.HasPrefix(text(info[447:467]), "system"), text(info[467:484]))
	all, err := sysctl([]int32{1, 14, 0}, nil)
	found := false
	for start := 0; start+1088 <= len(all); start += 1088 {
		found = found || int32(binary.LittleEndian.Uint32(all[start+72:])) == pid
	}
	line("among all", err, len(all)%1088, found)
	path, err := sysctl([]int32{1, 14, 12, -1}, nil)
	line("path", err, text(path) == os.Args[0])
	arguments, err := sysctl([]int32{1, 14, 7, pid}, nil)
	line("arguments", err, text(arguments) == os.Args[0])
	_, err = sysctl([]int32{1, 14, 7, pid}, []byte("a new title\x00"))
	title, _ := sysctl([]int32{1, 14, 7, -1}, nil)
	line("title", err, text(title))

	other := start("wait")
	path, err = sysctl([]int32{1, 14, 12, int32(other.Process.Pid)}, nil)
	line("a child's path", err, text(path) == os.Args[0])
	arguments, err = sysctl([]int32{1, 14, 7, int32(other.Process.Pid)}, nil)
	line("a child's arguments", err, bytes.Equal(arguments, []byte(os.Args[0]+"\x00wait\x00")))
	_, err = sysctl([]int32{1, 14, 7, int32(other.Process.Pid)}, []byte("x\x00"))
	line("a child's title", err)
	other.Process.Kill()
	other.Wait()

	vector, err := sysctl([]int32{1, 14, 36, pid}, nil)
	line("auxiliary vector", err, len(vector)%16, len(vector) > 160)
	code, err := sysctl([]int32{1, 14, 41, pid}, nil)
	line("trampoline", err, len(code), binary.LittleEndian.Uint64(code[8:]) > binary.LittleEndian.Uint64(code))
	umask, err := sysctl([]int32{1, 14, 39, pid}, nil)
	old := syscall.Umask(0o22)
	syscall.Umask(old)
	line("umask", err, int(binary.LittleEndian.Uint16(umask)) == old)
}

func openFiles() {
	pid := int32(os.Getpid())
	maps, err := sysctl([]int32{1, 14, 32, pid}, nil)
	line("mappings", err, packed(maps, 136, os.Args[0]))
	file, _ := os.CreateTemp("", "system")
	defer os.Remove(file.Name())
	files, err := sysctl([]int32{1, 14, 33, pid}, nil)
	line("files", err, packed(files, 368, file.Name()))
	file.Close()
	directory, err := sysctl([]int32{1, 14, 42, pid}, nil)
	where, _ := os.Getwd()
	line("directory", err, packed(directory, 368, where))
}

// packed says whether structures that begin with their size fill the value, and one of them names the path.
func packed(value []byte, path int, wanted string) bool {
	found := false
	for len(value) > 0 {
		size := int(binary.LittleEndian.Uint32(value))
		if size < path || size > len(value) {
			return false
		}
		found = found || strings.HasPrefix(text(value[path:size]), wanted)
		value = value[size:]
	}
	return found
}

func waiting() {
	var status int32
	var info [20]int32
	for _, options := range []uintptr{0, 1, 0x40, 0x8} {
		_, err := call(532, 0, uintptr(os.Getpid()), at(&status), options, 0, 0)
		line("options", options, err)
	}
	_, err := call(532, 0, 0x7ffffff0, 0, 0x10)
	line("nobody", err)
	_, err = call(532, 99, 1, 0, 0x10)
	line("no such kind", err)

	seven := start("seven").Process.Pid
	got, err := call(532, 0, uintptr(seven), at(&status), 0x18, 0, at(&info))
	line("look", int(got) == seven, err, status, info[0], info[2], info[5])
	got, err = call(7, uintptr(seven), at(&status), 0)
	line("take", int(got) == seven, err, status)
	_, err = call(7, uintptr(seven), at(&status), 0)
	line("gone", err)

	stopped := start("stop").Process.Pid
	call(532, 0, uintptr(stopped), at(&status), 0x12, 0, at(&info))
	line("stopped", status, info[2], info[5])
	syscall.Kill(stopped, syscall.SIGCONT)
	call(532, 0, uintptr(stopped), at(&status), 0x4, 0, at(&info))
	line("continued", status, info[2], info[5])
	syscall.Kill(stopped, syscall.SIGTERM)
	call(532, 0, uintptr(stopped), at(&status), 0x10)
	line("ended", status)

	killed := start("wait").Process.Pid
	syscall.Kill(killed, syscall.SIGTERM)
	call(532, 7, 0, at(&status), 0x10, 0, at(&info))
	line("killed", status, info[2], info[5], int(info[3]) == killed)
	got, err = call(532, 7, 0, at(&status), 0x11, 0, at(&info))
	line("none left", int(got) <= 0, err)
	for start := time.Now(); time.Since(start) < 10*time.Millisecond; {
	}
	var usage syscall.Rusage
	line("usage", syscall.Getrusage(0, &usage), usage.Maxrss > 0)
}

func descriptors() {
	var fd, pid, status int32 = -1, -1, -1
	got, err := raw(518, at(&fd), 2, 0)
	if got == 0 && err == 0 {
		for {
			raw(1, 5, 0, 0)
		}
	}
	line("pdfork", err, fd > 2)
	_, err = call(520, uintptr(fd), at(&pid))
	line("pdgetpid", err, int(pid) == int(got))
	_, err = call(7, self, at(&status), 0)
	line("not any child", err)
	_, err = call(7, got, at(&status), 0)
	line("but this one", err, status)
	for _, number := range []uintptr{519, 520} {
		_, err = call(number, 0, at(&pid))
		_, closed := call(number, 999, at(&pid))
		line("no descriptor of a process", err, closed)
	}
	syscall.Close(int(fd))
	got, err = raw(518, at(&fd), 0, 0)
	if got == 0 && err == 0 {
		for {
			raw(442, 0, 0, 0)
		}
	}
	_, err = call(519, uintptr(fd), 9)
	_, waited := call(7, got, at(&status), 0)
	line("pdkill", err, waited, status)
	syscall.Close(int(fd))
	_, err = call(518, at(&fd), 4)
	line("no such flag", err)
}

func births() {
	const rfproc, rffdg, rfcfdg, rfmem, rfthread, rftsigzmb, rfspawn = 0x10, 0x4, 0x1000, 0x20, 0x2000, 0x80000, 0x80000000
	var status int32
	for _, flags := range []uintptr{rfproc | rffdg, rfproc, rfproc | rfcfdg} {
		var ends [2]int
		syscall.Pipe(ends[:])
		got, err := raw(251, flags, 0, 0)
		if got == 0 && err == 0 {
			for {
				// Whether the parent's descriptor is there, and whether closing it is seen by the parent.
				_, err := raw(6, uintptr(ends[0]), 0, 0)
				raw(1, uintptr(err), 0, 0)
			}
		}
		call(7, got, at(&status), 0)
		closed := syscall.Close(ends[0])
		syscall.Close(ends[1])
		line("rfork", flags, err, status, closed)
	}
	for _, flags := range []uintptr{rfproc | rffdg | rfcfdg, rfspawn | rfproc, rfproc | 0x100000, 0x8000000 | rfproc, 1 << 20} {
		_, err := raw(251, flags, 0, 0)
		line("refused", flags, err)
	}
	got, err := raw(251, rffdg, 0, 0)
	line("for itself", got, err)
}
