// Signals: caught, ignored, reset, sent to itself, to children and to groups.
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"
)

var caught = []syscall.Signal{
	syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGABRT, syscall.SIGALRM, syscall.SIGTERM,
	syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGCHLD, syscall.SIGCONT, syscall.SIGTSTP, syscall.SIGTTIN,
	syscall.SIGTTOU, syscall.SIGIO, syscall.SIGXCPU, syscall.SIGXFSZ, syscall.SIGWINCH, syscall.SIGURG,
}

// The systems describe signals in words of their own.
var names = map[syscall.Signal]string{
	syscall.SIGHUP: "HUP", syscall.SIGINT: "INT", syscall.SIGQUIT: "QUIT", syscall.SIGABRT: "ABRT",
	syscall.SIGALRM: "ALRM", syscall.SIGTERM: "TERM", syscall.SIGUSR1: "USR1", syscall.SIGUSR2: "USR2",
	syscall.SIGCHLD: "CHLD", syscall.SIGCONT: "CONT", syscall.SIGTSTP: "TSTP", syscall.SIGTTIN: "TTIN",
	syscall.SIGTTOU: "TTOU", syscall.SIGIO: "IO", syscall.SIGXCPU: "XCPU", syscall.SIGXFSZ: "XFSZ",
	syscall.SIGWINCH: "WINCH", syscall.SIGURG: "URG", syscall.SIGKILL: "KILL",
}

func main() {
	if len(os.Args) > 1 {
		child()
		return
	}
	each()
	ignored()
	children()
	group()
	alarms()
	faults()
	brokenPipe()
	sleepers()
}

func each() {
	for _, number := range caught {
		name := names[number]
		got := make(chan os.Signal, 10)
		signal.Notify(got, number)
		syscall.Kill(os.Getpid(), number)
		select {
		case what := <-got:
			fmt.Println("caught", names[what.(syscall.Signal)])
		case <-time.After(10 * time.Second):
			fmt.Println("lost", name)
		}
		signal.Stop(got)
	}
}

func ignored() {
	signal.Ignore(syscall.SIGUSR1, syscall.SIGUSR2)
	fmt.Println("ignored:", signal.Ignored(syscall.SIGUSR1), signal.Ignored(syscall.SIGTERM))
	syscall.Kill(os.Getpid(), syscall.SIGUSR2)
	time.Sleep(20 * time.Millisecond)
	// What is ignored stays ignored in a child.
	said, err := exec.Command("sh", "-c", "kill -USR1 $$; echo survived").Output()
	fmt.Printf("%s%v\n", said, err)
	signal.Reset(syscall.SIGUSR1, syscall.SIGUSR2)
	err = exec.Command("sh", "-c", "kill -USR1 $$; echo survived").Run()
	fmt.Println("after reset:", err)
}

func start(what string) (*exec.Cmd, *bytes.Buffer) {
	path, err := os.Executable()
	check(err)
	command := exec.Command(path, what)
	reader, err := command.StdoutPipe()
	check(err)
	check(command.Start())
	ready := make([]byte, 6)
	_, err = reader.Read(ready)
	check(err)
	var rest bytes.Buffer
	go rest.ReadFrom(reader)
	return command, &rest
}

func children() {
	for _, number := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGKILL, syscall.SIGABRT} {
		command, _ := start("plain")
		check(command.Process.Signal(number))
		err := command.Wait()
		status := command.ProcessState.Sys().(syscall.WaitStatus)
		fmt.Println(names[number], "->", err != nil, status.Signaled(), names[status.Signal()], status.ExitStatus())
	}
	command, _ := start("catching")
	check(command.Process.Signal(syscall.SIGTERM))
	fmt.Println("a child that catches ->", command.Wait())
}

func group() {
	command := exec.Command("sh", "-c", "trap 'echo trapped; exit 9' TERM; echo ready; while :; do sleep 0.02; done")
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	reader, err := command.StdoutPipe()
	check(err)
	check(command.Start())
	ready := make([]byte, 6)
	_, err = reader.Read(ready)
	check(err)
	check(syscall.Kill(-command.Process.Pid, syscall.SIGTERM))
	var rest bytes.Buffer
	rest.ReadFrom(reader)
	// The shell's sleep may die with a word of its own.
	fmt.Println("group:", strings.Contains(rest.String(), "trapped"), command.Wait())
	fmt.Println("no such process:", syscall.Kill(1<<22-1, 0), "self:", syscall.Kill(os.Getpid(), 0))
}

func alarms() {
	got := make(chan os.Signal, 10)
	signal.Notify(got, syscall.SIGALRM)
	err := exec.Command("sh", "-c", fmt.Sprintf("for i in 1 2 3; do kill -ALRM %d; sleep 0.02; done", os.Getpid())).Run()
	check(err)
	for range 3 {
		fmt.Println(<-got)
	}
	signal.Stop(got)
}

func faults() {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	for range 3 {
		func() {
			defer func() { fmt.Println("recovered:", recover()) }()
			var nowhere *int
			*nowhere = 1
		}()
		func() {
			zero := 0
			defer func() { fmt.Println("recovered:", recover()) }()
			fmt.Println(1 / zero)
		}()
	}
}

func brokenPipe() {
	reader, writer, err := os.Pipe()
	check(err)
	check(reader.Close())
	_, err = writer.Write([]byte("x"))
	fmt.Println(err)
	// On standard output it is deadly.
	path, err := os.Executable()
	check(err)
	command := exec.Command(path, "loud")
	output, err := command.StdoutPipe()
	check(err)
	check(command.Start())
	_, err = output.Read(make([]byte, 5))
	check(err)
	check(output.Close())
	fmt.Println("loud:", command.Wait() != nil, command.ProcessState.Sys().(syscall.WaitStatus).Signal() == syscall.SIGPIPE)
}

// sleepers are interrupted all the time and must sleep on.
func sleepers() {
	done := make(chan bool)
	for range 8 {
		go func() {
			before := time.Now()
			time.Sleep(100 * time.Millisecond)
			done <- time.Since(before) >= 100*time.Millisecond
		}()
	}
	reader, writer, err := os.Pipe()
	check(err)
	go func() {
		buffer := make([]byte, 1)
		_, err := reader.Read(buffer)
		done <- err == nil && buffer[0] == 'x'
	}()
	for range 100 {
		syscall.Kill(os.Getpid(), syscall.SIGURG)
		time.Sleep(time.Millisecond)
	}
	_, err = writer.Write([]byte("x"))
	check(err)
	good := true
	for range 9 {
		good = <-done && good
	}
	fmt.Println("slept on:", good)
}

func child() {
	switch os.Args[1] {
	case "plain":
		os.Stdout.WriteString("ready\n")
		time.Sleep(time.Minute)
	case "catching":
		got := make(chan os.Signal, 1)
		signal.Notify(got, syscall.SIGTERM)
		os.Stdout.WriteString("ready\n")
		<-got
		os.Exit(42)
	case "loud":
		for {
			fmt.Println("loud")
		}
	}
}

func check(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}
