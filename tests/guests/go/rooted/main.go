// What a guest sees that is shown nothing but its root. The argument is a file outside of it.
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"unsafe"
)

func line(name string, values ...any) {
	fmt.Println(append([]any{name + ":"}, values...)...)
}

// plain is an error without the paths in it.
func plain(err error) string {
	var errno syscall.Errno
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &errno):
		return errno.Error()
	default:
		return err.Error()
	}
}

func names(path string) string {
	entries, err := os.ReadDir(path)
	var all []string
	for _, entry := range entries {
		all = append(all, entry.Name())
	}
	return strings.Join(all, " ") + " " + plain(err)
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "child" {
		where, err := os.Getwd()
		line("child", where, plain(err), names("/"))
		return
	}
	secret := os.Args[1]

	where, err := os.Getwd()
	line("begins in", where, plain(err))
	line("root", names("/"))
	line("above the root", names("/.."), names("/etc/out"), names("/etc/top/etc/../.."))
	own, err := os.Executable()
	line("itself", own, plain(err))
	_, err = os.Stat(secret)
	line("outside", plain(err))
	for _, way := range []string{"/etc/top", "/etc/out", "/..", "/etc/../../.."} {
		_, err = os.ReadFile(way + secret)
		line("outside by "+way, plain(err))
	}
	line("out by link", plain(os.Symlink(secret, "/work/link")), plain(try("/work/link")))
	real, err := filepath.EvalSymlinks("/etc/top/etc/top/bin/rooted")
	line("through links", real, plain(err))

	line("chdir", plain(os.Chdir("/etc/top/bin")))
	where, err = os.Getwd()
	line("then", where, plain(err))
	line("relative", plain(try("rooted")), plain(try("../bin/rooted")), plain(try("../../../bin/rooted")), plain(try("../nosuch")))
	line("up", plain(os.Chdir("../..")))
	where, err = os.Getwd()
	line("then", where, plain(err))

	line("gift", names("/mnt/shared"))
	gift, err := os.ReadFile("/mnt/shared/gift")
	line("read", string(gift), plain(err))
	line("not changed", plain(os.Remove("/mnt/shared/gift")), plain(os.WriteFile("/mnt/shared/new", nil, 0o644)),
		plain(os.Chmod("/mnt/shared/gift", 0o600)), plain(os.Rename("/mnt/shared/gift", "/work/gift")))
	flags, err := flagsOf("/etc/flagged")
	line("flags", fmt.Sprintf("%#x", flags), plain(err))
	line("null", plain(os.WriteFile("/dev/null", []byte("x"), 0)))

	line("make", plain(os.WriteFile("/work/made", []byte("made"), 0o644)), names("/work"))
	line("rename", plain(os.Rename("/work/made", "/etc/top/work/moved")), plain(os.Link("/work/moved", "/work/made")), names("/work"))
	socket, err := net.Listen("unix", "/work/socket")
	line("socket", plain(err))
	if err == nil {
		line("its name", socket.Addr())
		peer, err := net.Dial("unix", "/etc/top/work/socket")
		line("reached", plain(err))
		if err == nil {
			line("by name", peer.RemoteAddr())
		}
		socket.Close()
	}
	line("is gone", plain(try("/work/socket")))

	command := exec.Command("/etc/top/bin/rooted", "child")
	command.Dir = "/etc"
	said, err := command.CombinedOutput()
	fmt.Print(string(said))
	line("ran", plain(err))
	_ = os.WriteFile("/work/script", []byte("#!/bin/rooted child\n"), 0o755)
	said, err = exec.Command("/work/script").CombinedOutput()
	fmt.Print(string(said))
	line("script ran", plain(err))
	_, err = exec.LookPath("/usr/bin/env")
	line("host's programs", plain(err))
	count := 0
	_ = filepath.WalkDir("/", func(path string, entry fs.DirEntry, err error) error {
		if path == "/dev" {
			return fs.SkipDir
		}
		count++
		return nil
	})
	line("files in all", count)
}

// flagsOf is st_flags, by FreeBSD's fstatat.
func flagsOf(path string) (uint32, error) {
	const fstatat, atCwd, place = 552, -100, 132
	name := append([]byte(path), 0)
	var status [224]byte
	at := atCwd
	_, _, err := syscall.Syscall6(fstatat, uintptr(at), uintptr(unsafe.Pointer(&name[0])), uintptr(unsafe.Pointer(&status[0])), 0, 0, 0)
	if err != 0 {
		return 0, err
	}
	return binary.LittleEndian.Uint32(status[place:]), nil
}

func try(path string) error {
	file, err := os.Open(path)
	if err == nil {
		file.Close()
	}
	return err
}
