package io.github.dualwrite.examples.livemigration;

import io.github.dualwrite.testkit.TcpProxy;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;

/**
 * Stands between the application and DynamoDB, so that the way can be cut or made slow.
 *
 * <p>It is an HTTP proxy that tunnels ({@code CONNECT}) to one address only, so it serves plain and TLS endpoints, signatures
 * included. It listens on the loopback address. Safe for use by many threads.
 */
final class Relay implements AutoCloseable {

    private static final int HEADER_LIMIT = 8192;

    private final String wanted;
    private final TcpProxy proxy;

    /** Starts a relay on a free port. */
    Relay(URI target) {
        String host = target.getHost();
        int port = target.getPort() >= 0 ? target.getPort() : "https".equals(target.getScheme()) ? 443 : 80;
        this.wanted = ("CONNECT " + host + ":" + port + " ").toUpperCase(Locale.ROOT);
        this.proxy = TcpProxy.greeting(host, port, this::connectRequested);
    }

    /** Where it listens. */
    InetSocketAddress address() {
        return proxy.address();
    }

    /** Breaks every connection and every new one. */
    void cut() {
        proxy.cut();
    }

    /** Holds every answer back for so long. */
    void delay(Duration delay) {
        proxy.delay(delay);
    }

    /** Lets everything through again. */
    void mend() {
        proxy.mend();
    }

    @Override
    public void close() {
        proxy.close();
    }

    private void connectRequested(InputStream in, OutputStream out) throws IOException {
        StringBuilder header = new StringBuilder();
        while (header.indexOf("\r\n\r\n") < 0 && header.length() < HEADER_LIMIT) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("ended");
            }
            header.append((char) next);
        }
        if (!header.toString().toUpperCase(Locale.ROOT).startsWith(wanted)) {
            throw new IOException("another target");
        }
        out.write("HTTP/1.1 200 Connection established\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    }
}
