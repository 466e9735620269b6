// Prints one line. For measuring how long it takes to start.
package main

import "os"

func main() {
	os.Stdout.WriteString("hello\n")
}
