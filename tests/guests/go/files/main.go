// Single files: offsets, holes, locks, pipes with deadlines, descriptors that do not block.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

var directory string

func main() {
	var err error
	directory, err = os.MkdirTemp("", "files")
	check(err)
	defer os.RemoveAll(directory)
	offsets()
	appending()
	flags()
	locks()
	pipes()
	descriptors()
	vectors()
	modes()
	fifo()
}

func in(name string) string { return filepath.Join(directory, name) }

func offsets() {
	file, err := os.Create(in("offsets"))
	check(err)
	_, err = file.WriteAt([]byte("end"), 1<<20)
	check(err)
	_, err = file.WriteString("start")
	check(err)
	at, err := file.Seek(-3, io.SeekEnd)
	rest, _ := io.ReadAll(file)
	fmt.Println("offsets:", at, err, string(rest))
	buffer := make([]byte, 8)
	n, err := file.ReadAt(buffer, 0)
	fmt.Printf("%d %q %v\n", n, buffer, err)
	_, err = file.Seek(-1, io.SeekStart)
	fmt.Println(errors.Is(err, syscall.EINVAL))
	check(file.Truncate(4))
	info, err := file.Stat()
	check(err)
	fmt.Println("size", info.Size(), info.Mode(), info.IsDir())
	check(file.Sync())
	check(file.Close())
	_, err = file.Write([]byte("x"))
	fmt.Println("closed:", errors.Is(err, os.ErrClosed))
}

func appending() {
	for i := range 3 {
		file, err := os.OpenFile(in("log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		check(err)
		fmt.Fprintln(file, "line", i)
		check(file.Close())
	}
	said, err := os.ReadFile(in("log"))
	fmt.Printf("%q %v\n", said, err)
}

func flags() {
	_, err := os.OpenFile(in("log"), os.O_CREATE|os.O_EXCL, 0o600)
	fmt.Println("exclusive:", errors.Is(err, os.ErrExist))
	_, err = os.OpenFile(directory, os.O_WRONLY, 0)
	fmt.Println("a directory for writing:", errors.Is(err, syscall.EISDIR))
	_, err = os.OpenFile(in("log")+"/x", os.O_RDONLY, 0)
	fmt.Println("through a file:", errors.Is(err, syscall.ENOTDIR))
	check(os.Symlink("log", in("link")))
	_, err = syscall.Open(in("link"), syscall.O_RDONLY|syscall.O_NOFOLLOW, 0)
	fmt.Println("no follow fails:", err != nil)
	fd, err := syscall.Open(in("log"), syscall.O_RDONLY|syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
	fmt.Println("opened:", fd > 2, err)
	check(syscall.Close(fd))
	fmt.Println("closed twice:", syscall.Close(fd))
	long := in(string(make([]byte, 0)) + fmt.Sprintf("%0300d", 7))
	_, err = os.Create(long)
	fmt.Println("too long:", errors.Is(err, syscall.ENAMETOOLONG))
}

func locks() {
	one, err := os.Create(in("lock"))
	check(err)
	two, err := os.Open(in("lock"))
	check(err)
	check(syscall.Flock(int(one.Fd()), syscall.LOCK_EX|syscall.LOCK_NB))
	fmt.Println("locked:", syscall.Flock(int(two.Fd()), syscall.LOCK_EX|syscall.LOCK_NB))
	check(syscall.Flock(int(one.Fd()), syscall.LOCK_UN))
	fmt.Println("unlocked:", syscall.Flock(int(two.Fd()), syscall.LOCK_SH|syscall.LOCK_NB))
	record := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart, Start: 10, Len: 5}
	fmt.Println("record lock:", syscall.FcntlFlock(one.Fd(), syscall.F_SETLK, &record))
	record.Type = syscall.F_RDLCK
	fmt.Println("own record:", syscall.FcntlFlock(one.Fd(), syscall.F_GETLK, &record), record.Type == syscall.F_UNLCK)
}

func pipes() {
	reader, writer, err := os.Pipe()
	check(err)
	check(reader.SetReadDeadline(time.Now().Add(20 * time.Millisecond)))
	_, err = reader.Read(make([]byte, 1))
	fmt.Println("empty pipe:", errors.Is(err, os.ErrDeadlineExceeded))
	check(reader.SetReadDeadline(time.Time{}))
	go func() {
		time.Sleep(10 * time.Millisecond)
		writer.WriteString("late")
		writer.Close()
	}()
	said, err := io.ReadAll(reader)
	fmt.Println(string(said), err)

	reader, writer, err = os.Pipe()
	check(err)
	check(reader.Close())
	_, err = writer.Write([]byte("x"))
	fmt.Println("broken pipe:", errors.Is(err, syscall.EPIPE))
	check(writer.Close())

	// A full pipe, and a reader that comes late.
	reader, writer, err = os.Pipe()
	check(err)
	check(writer.SetWriteDeadline(time.Now().Add(50 * time.Millisecond)))
	_, err = writer.Write(make([]byte, 1<<20))
	fmt.Println("full pipe:", errors.Is(err, os.ErrDeadlineExceeded))
	check(writer.SetWriteDeadline(time.Time{}))
	go func() { writer.Write([]byte("more")); writer.Close() }()
	drained, err := io.ReadAll(reader)
	fmt.Println("drained:", string(drained[len(drained)-4:]), err)
}

func descriptors() {
	file, err := os.Create(in("dup"))
	check(err)
	second, err := syscall.Dup(int(file.Fd()))
	check(err)
	_, err = syscall.Write(second, []byte("by the copy"))
	check(err)
	at, _ := file.Seek(0, io.SeekCurrent)
	fmt.Println("shared offset:", at)
	check(syscall.Dup2(second, 50))
	var info syscall.Stat_t
	check(syscall.Fstat(50, &info))
	fmt.Println("dup2:", info.Size, info.Nlink, info.Mode&syscall.S_IFMT == syscall.S_IFREG)
	_, err = syscall.Dup(999)
	fmt.Println("no such descriptor:", err)
	check(syscall.SetNonblock(50, true))
	check(syscall.Close(50))
	var limit syscall.Rlimit
	check(syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	fmt.Println("limit:", limit.Cur > 0, limit.Cur <= limit.Max)
}

func vectors() {
	file, err := os.Create(in("positions"))
	check(err)
	for i := 9; i >= 0; i-- {
		_, err := syscall.Pwrite(int(file.Fd()), []byte{byte('0' + i)}, int64(i))
		check(err)
	}
	buffer := make([]byte, 4)
	n, err := syscall.Pread(int(file.Fd()), buffer, 3)
	fmt.Println(n, string(buffer), err)
	n, err = syscall.Pread(int(file.Fd()), buffer, 100)
	fmt.Println("past the end:", n, err)
}

func modes() {
	old := syscall.Umask(0o027)
	check(os.WriteFile(in("masked"), nil, 0o777))
	syscall.Umask(old)
	info, err := os.Stat(in("masked"))
	check(err)
	fmt.Println("masked:", info.Mode())
	check(os.Chmod(in("masked"), os.ModeSetuid|0o711))
	info, err = os.Stat(in("masked"))
	check(err)
	fmt.Println("set:", info.Mode())
	fmt.Println("owner:", os.Chown(in("masked"), os.Getuid(), os.Getgid()), os.Lchown(in("link"), -1, -1))
	moment := time.Unix(1_000_000_000, 123_456_789)
	check(os.Chtimes(in("masked"), time.Time{}, moment))
	info, err = os.Stat(in("masked"))
	check(err)
	fmt.Println("modified:", info.ModTime().Sub(moment).Abs() < time.Microsecond)
	fmt.Println("accessible:", syscall.Access(in("masked"), 0), syscall.Access(in("absent"), 0))
}

func fifo() {
	check(syscall.Mkfifo(in("fifo"), 0o600))
	go func() {
		writer, err := os.OpenFile(in("fifo"), os.O_WRONLY, 0)
		check(err)
		writer.WriteString("through a fifo")
		writer.Close()
	}()
	said, err := os.ReadFile(in("fifo"))
	fmt.Println(string(said), err)
	info, err := os.Stat(in("fifo"))
	check(err)
	fmt.Println(info.Mode())
}

func check(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}
