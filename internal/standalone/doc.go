// Package standalone holds the parts that `vestnik up` brings along so that one program on one machine needs nothing
// else: a private PostgreSQL cluster made from the machine's own binaries, NATS with JetStream in this process, and
// Redis in this process. Its subpackage mailbox takes the mail.
//
// Everything lives in one data directory, which one process at a time may use (LockDataDir). Every part listens on
// loopback only and asks for a password that was generated on first use and is kept in a file of mode 0600. A file
// runtime.json in the data directory tells other commands on the machine where the parts are (ReadRuntime).
//
// A part is started by a Start function whose context bounds the start alone, and ends when its Stop is called. The
// types are safe for concurrent use.
package standalone
