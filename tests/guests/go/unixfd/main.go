// Unix sockets: streams, datagrams, and descriptors passed through them, within a process and to a child.
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 1 {
		child()
		return
	}
	directory, err := os.MkdirTemp("", "unix")
	check(err)
	defer os.RemoveAll(directory)
	stream(filepath.Join(directory, "stream"))
	datagrams(filepath.Join(directory, "one"), filepath.Join(directory, "two"))
	pair()
	passing(directory)
	toChild(directory)
}

func stream(path string) {
	listener, err := net.Listen("unix", path)
	check(err)
	info, err := os.Stat(path)
	check(err)
	fmt.Println("bound:", info.Mode().Type())
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				io.Copy(connection, connection)
				connection.Close()
			}()
		}
	}()
	for i := range 50 {
		connection, err := net.Dial("unix", path)
		check(err)
		message := fmt.Sprintf("message %d", i)
		_, err = io.WriteString(connection, message)
		check(err)
		buffer := make([]byte, len(message))
		_, err = io.ReadFull(connection, buffer)
		check(err)
		if string(buffer) != message {
			fmt.Println("wrong echo", string(buffer))
		}
		if i == 0 {
			fmt.Println("peer:", filepath.Base(connection.RemoteAddr().String()))
		}
		check(connection.(*net.UnixConn).CloseWrite())
		n, err := connection.Read(buffer)
		if n != 0 || err != io.EOF {
			fmt.Println("after the end:", n, err)
		}
		check(connection.Close())
	}
	_, err = net.Listen("unix", path)
	fmt.Println("in use:", errors.Is(err, syscall.EADDRINUSE))
	check(listener.Close())
	_, err = net.Dial("unix", path)
	fmt.Println("gone:", errors.Is(err, os.ErrNotExist))
}

func datagrams(one, two string) {
	a, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: one, Net: "unixgram"})
	check(err)
	b, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: two, Net: "unixgram"})
	check(err)
	_, err = a.WriteTo([]byte("hello"), b.LocalAddr())
	check(err)
	buffer := make([]byte, 100)
	n, from, err := b.ReadFrom(buffer)
	fmt.Println("datagram:", string(buffer[:n]), filepath.Base(from.String()), err)
	check(b.SetReadDeadline(time.Now().Add(10 * time.Millisecond)))
	_, _, err = b.ReadFrom(buffer)
	fmt.Println("none:", errors.Is(err, os.ErrDeadlineExceeded))
	check(errors.Join(a.Close(), b.Close()))
}

func pair() {
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	check(err)
	_, err = syscall.Write(ends[0], []byte("pair"))
	check(err)
	buffer := make([]byte, 10)
	n, err := syscall.Read(ends[1], buffer)
	fmt.Println("pair:", string(buffer[:n]), err)
	check(syscall.Shutdown(ends[0], syscall.SHUT_WR))
	n, err = syscall.Read(ends[1], buffer)
	fmt.Println("shut down:", n, err)
	kind, err := syscall.GetsockoptInt(ends[0], syscall.SOL_SOCKET, syscall.SO_TYPE)
	fmt.Println("type:", kind == syscall.SOCK_STREAM, err)
	check(errors.Join(syscall.Close(ends[0]), syscall.Close(ends[1])))
}

// connected is a pair of Unix connections through net, so that the poller knows them.
func connected() (*net.UnixConn, *os.File) {
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	check(err)
	syscall.CloseOnExec(ends[0])
	syscall.CloseOnExec(ends[1])
	near := os.NewFile(uintptr(ends[0]), "near")
	connection, err := net.FileConn(near)
	check(err)
	check(near.Close())
	return connection.(*net.UnixConn), os.NewFile(uintptr(ends[1]), "far")
}

func passing(directory string) {
	near, far := connected()
	other, err := net.FileConn(far)
	check(err)
	var files []*os.File
	var descriptors []int
	for i := range 5 {
		file, err := os.Create(filepath.Join(directory, fmt.Sprint("passed", i)))
		check(err)
		fmt.Fprint(file, "content ", i)
		files = append(files, file)
		descriptors = append(descriptors, int(file.Fd()))
	}
	_, _, err = near.WriteMsgUnix([]byte("five"), syscall.UnixRights(descriptors...), nil)
	check(err)
	for _, file := range files {
		check(file.Close())
	}
	for _, file := range receive(other.(*net.UnixConn)) {
		_, err = file.Seek(0, io.SeekStart)
		check(err)
		content, err := io.ReadAll(file)
		fmt.Println("passed:", string(content), err)
		check(file.Close())
	}
	check(errors.Join(near.Close(), other.Close(), far.Close()))
}

func receive(connection *net.UnixConn) []*os.File {
	buffer, control := make([]byte, 100), make([]byte, syscall.CmsgSpace(4*16))
	n, controls, flags, _, err := connection.ReadMsgUnix(buffer, control)
	check(err)
	fmt.Println("message:", string(buffer[:n]), flags&syscall.MSG_CTRUNC == 0)
	messages, err := syscall.ParseSocketControlMessage(control[:controls])
	check(err)
	var files []*os.File
	for _, message := range messages {
		rights, err := syscall.ParseUnixRights(&message)
		check(err)
		for _, fd := range rights {
			files = append(files, os.NewFile(uintptr(fd), "received"))
		}
	}
	return files
}

// toChild hands a listening socket and a pipe to a child, which answers through both.
func toChild(directory string) {
	near, far := connected()
	path, err := os.Executable()
	check(err)
	command := exec.Command(path, "child")
	command.ExtraFiles = []*os.File{far}
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	check(command.Start())
	check(far.Close())

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	socket, err := listener.(*net.TCPListener).File()
	check(err)
	reader, writer, err := os.Pipe()
	check(err)
	_, _, err = near.WriteMsgUnix([]byte("two"), syscall.UnixRights(int(socket.Fd()), int(writer.Fd())), nil)
	check(err)
	check(errors.Join(socket.Close(), writer.Close(), listener.Close()))

	client, err := net.Dial("tcp", listener.Addr().String())
	check(err)
	said, err := io.ReadAll(client)
	fmt.Println("from the socket:", string(said), err)
	said, err = io.ReadAll(reader)
	fmt.Println("from the pipe:", string(said), err)
	check(command.Wait())
}

func child() {
	connection, err := net.FileConn(os.NewFile(3, "parent"))
	check(err)
	files := receive(connection.(*net.UnixConn))
	listener, err := net.FileListener(files[0])
	check(err)
	client, err := listener.Accept()
	check(err)
	io.WriteString(client, "served by the child")
	check(client.Close())
	files[1].WriteString("written by the child")
	check(files[1].Close())
}

func check(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}
