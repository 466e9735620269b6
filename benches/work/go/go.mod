module compat/benches

go 1.27
