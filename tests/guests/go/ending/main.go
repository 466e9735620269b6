// Ends as told: `exit N`, `kill NAME`, `panic`, or `fault`.
package main

import (
	"os"
	"strconv"
	"syscall"
	"time"
)

var named = map[string]syscall.Signal{
	"TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL, "INT": syscall.SIGINT, "HUP": syscall.SIGHUP,
}

func main() {
	switch os.Args[1] {
	case "exit":
		code, _ := strconv.Atoi(os.Args[2])
		os.Exit(code)
	case "kill":
		syscall.Kill(os.Getpid(), named[os.Args[2]])
		time.Sleep(10 * time.Second)
	case "panic":
		panic("as told")
	case "fault":
		var nowhere *int
		*nowhere = 1
	case "wait":
		os.Stdout.WriteString("waiting\n")
		time.Sleep(time.Minute)
	}
}
