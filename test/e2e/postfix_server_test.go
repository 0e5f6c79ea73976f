package e2e_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	postfixUser     = "vestnik"
	postfixPassword = "пароль %:@ 1" //nolint:gosec // of a server that lives as long as the test
	postfixInstall  = "echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections && " +
		"DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postfix sasl2-bin libsasl2-modules"
)

// postfixServer is a Postfix of our own: it shares nothing with the machine's but the programs. It listens on
// loopback, wants STARTTLS and AUTH, and puts everything it accepts, to whatever address, into one Maildir.
type postfixServer struct {
	addr  string
	roots *x509.CertPool
	dir   string
}

// startPostfix starts a server that ends with the test.
func startPostfix(t *testing.T) *postfixServer {
	t.Helper()
	// Not t.TempDir: Postfix drops its privileges, and others may not enter that.
	dir, err := os.MkdirTemp("/tmp", "vestnik-postfix-") //nolint:usetesting // see above
	require.NoError(t, err)
	t.Cleanup(func() { asRoot(t, "rm", "-rf", dir) })
	require.NoError(t, os.Chmod(dir, 0o755)) //nolint:gosec // Postfix's users must enter it
	for _, sub := range []string{"etc", "etc/sasl", "queue", "data", "mail", "log"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, sub), 0o755)) //nolint:gosec // see above
	}
	s := &postfixServer{addr: freeAddr(t), dir: dir}
	s.writeCertificate(t)
	s.configure(t)

	// It is ended by "postfix stop", not with the test's context: a killed master leaves its children.
	master := rootCommand(context.WithoutCancel(t.Context()), "/usr/sbin/postfix", "-c", filepath.Join(dir, "etc"), "start-fg")
	output, err := os.Create(filepath.Join(dir, "log", "master")) //nolint:gosec // ours
	require.NoError(t, err)
	master.Stdout, master.Stderr = output, output
	require.NoError(t, master.Start())
	require.NoError(t, output.Close())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = master.Wait()
	}()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("postfix:\n%s\n%s", s.log("master"), s.log("mail"))
		}
		asRoot(t, "/usr/sbin/postfix", "-c", filepath.Join(dir, "etc"), "stop")
		select {
		case <-ended:
		case <-time.After(15 * time.Second):
			t.Error("postfix does not end after being stopped")
		}
		require.Eventually(t, func() bool { return len(processesIn(dir)) == 0 }, 10*time.Second, 20*time.Millisecond,
			"processes of the test's Postfix are left running")
	})
	dialer := net.Dialer{Timeout: time.Second}
	require.Eventually(t, func() bool {
		conn, err := dialer.DialContext(t.Context(), "tcp", s.addr)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}, 15*time.Second, 20*time.Millisecond, "postfix does not listen")
	return s
}

// installPostfix fails the test, with the command to run, where Postfix is missing and cannot be installed.
func installPostfix(t *testing.T) {
	t.Helper()
	missing := false
	for _, program := range []string{"/usr/sbin/postfix", "/usr/sbin/saslpasswd2", "/usr/sbin/postconf"} {
		_, err := os.Stat(program)
		missing = missing || err != nil
	}
	if !missing {
		return
	}
	// "No configuration" keeps the package from starting a mail server of the machine's.
	for _, command := range []string{postfixInstall, "apt-get update && " + postfixInstall} {
		output, err := rootCommand(t.Context(), "sh", "-c", command).CombinedOutput()
		if err == nil {
			return
		}
		t.Logf("%s: %v\n%s", command, err, output)
	}
	t.Fatalf("this test needs Postfix and Cyrus SASL, and could not install them; run as root:\n%s", postfixInstall)
}

func (s *postfixServer) configure(t *testing.T) {
	t.Helper()
	uid := os.Getuid()
	if uid == 0 {
		uid = 65534 // nobody: Postfix delivers to no mailbox as root
	}
	require.NoError(t, os.Chown(filepath.Join(s.dir, "mail"), uid, -1))
	asRoot(t, "chown", "postfix", filepath.Join(s.dir, "data"))
	_, port, err := net.SplitHostPort(s.addr)
	require.NoError(t, err)
	s.write(t, "etc/main.cf", fmt.Sprintf(`compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
maillog_file = %[1]s/log/mail
maillog_file_prefixes = %[1]s
myhostname = mx.vestnik.test
mydestination =
alias_maps =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtputf8_enable = yes
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_tls_chain_files = %[1]s/etc/tls.pem
smtpd_sasl_auth_enable = yes
smtpd_sasl_path = smtpd
smtpd_sasl_local_domain = vestnik.test
cyrus_sasl_config_path = %[1]s/etc/sasl
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
virtual_mailbox_domains = static:all
virtual_mailbox_maps = static:inbox/
virtual_mailbox_base = %[1]s/mail
virtual_uid_maps = static:%[2]d
virtual_gid_maps = static:%[2]d
`, s.dir, uid))
	s.write(t, "etc/master.cf", fmt.Sprintf(`127.0.0.1:%s inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
showq unix n - n - - showq
postlog unix-dgram n - n - 1 postlogd
`, port))
	// Debian's Postfix looks here whatever cyrus_sasl_config_path says.
	s.write(t, "etc/sasl/smtpd.conf", fmt.Sprintf("pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN CRAM-MD5\n"+
		"sasldb_path: %s/etc/sasl/sasldb2\n", s.dir))
	db := filepath.Join(s.dir, "etc", "sasl", "sasldb2")
	passwd := rootCommand(t.Context(), "/usr/sbin/saslpasswd2", "-p", "-c", "-f", db, "-u", "vestnik.test", postfixUser)
	passwd.Stdin = strings.NewReader(postfixPassword)
	output, err := passwd.CombinedOutput()
	require.NoError(t, err, "%s", output)
	asRoot(t, "chmod", "0644", db)
}

// writeCertificate makes a certificate that is its own authority.
func (s *postfixServer) writeCertificate(t *testing.T) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mx.vestnik.test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	s.write(t, "etc/tls.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))+string(certificate))
	s.roots = x509.NewCertPool()
	require.True(t, s.roots.AppendCertsFromPEM(certificate))
}

func (s *postfixServer) write(t *testing.T, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o644)) //nolint:gosec // Postfix reads it
}

// mail returns what has been delivered, each message as it lies in the Maildir.
func (s *postfixServer) mail(t *testing.T) [][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.dir, "mail", "inbox", "new", "*"))
	require.NoError(t, err)
	var all [][]byte
	for _, file := range files {
		raw, err := os.ReadFile(file) //nolint:gosec // ours
		require.NoError(t, err)
		all = append(all, raw)
	}
	return all
}

// log returns what Postfix wrote: "master" before it was up, "mail" then.
func (s *postfixServer) log(name string) string {
	log, err := os.ReadFile(filepath.Join(s.dir, "log", name)) //nolint:gosec // ours
	if err != nil {
		return err.Error()
	}
	return string(log)
}

// processesIn returns the ids of the processes that work in dir or below: Postfix's work in their queue.
func processesIn(dir string) []string {
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		return nil
	}
	var found []string
	for _, link := range links {
		if cwd, err := os.Readlink(link); err == nil && strings.HasPrefix(cwd, dir) {
			found = append(found, filepath.Base(filepath.Dir(link)))
		}
	}
	return found
}

func rootCommand(ctx context.Context, name string, args ...string) *exec.Cmd {
	if os.Geteuid() != 0 {
		args = append([]string{"-n", name}, args...)
		name = "sudo"
	}
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // the test's own commands
	cmd.Env = withSbin(os.Environ())
	return cmd
}

// asRoot also works when the test has ended.
func asRoot(t *testing.T, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	defer cancel()
	output, err := rootCommand(ctx, name, args...).CombinedOutput()
	if err != nil {
		t.Errorf("%s %v: %v\n%s", name, args, err, output)
	}
}

func withSbin(env []string) []string {
	return append(env, "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8")
}

func freeAddr(t *testing.T) string {
	t.Helper()
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	require.NoError(t, l.Close())
	return addr
}
