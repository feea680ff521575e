package io.github.dualwrite.examples.livemigration;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Stands between the application and DynamoDB, so that the way can be cut or made slow.
 *
 * <p>It is an HTTP proxy that tunnels ({@code CONNECT}) to one address only, so it serves plain and TLS endpoints, signatures
 * included. It listens on the loopback address. Safe for use by many threads.
 */
final class Relay implements AutoCloseable {

    private static final int CONNECT_MILLIS = 2000;
    private static final int HEADER_LIMIT = 8192;

    private final String targetHost;
    private final int targetPort;
    private final ServerSocket listener;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "relay");
        thread.setDaemon(true);
        return thread;
    });
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile boolean cut;
    private volatile Duration delay = Duration.ZERO;

    /** Starts a relay on a free port. */
    Relay(URI target) throws IOException {
        this.targetHost = target.getHost();
        this.targetPort = target.getPort() >= 0 ? target.getPort() : "https".equals(target.getScheme()) ? 443 : 80;
        this.listener = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
        threads.execute(this::accept);
    }

    /** Where it listens. */
    InetSocketAddress address() {
        return new InetSocketAddress(listener.getInetAddress(), listener.getLocalPort());
    }

    /** Breaks every connection and every new one. */
    void cut() {
        cut = true;
        open.forEach(Relay::reset);
    }

    /** Holds every answer back for so long. */
    void delay(Duration delay) {
        this.delay = delay;
    }

    /** Lets everything through again. */
    void mend() {
        delay = Duration.ZERO;
        cut = false;
    }

    @Override
    public void close() throws IOException {
        listener.close();
        open.forEach(Relay::reset);
        threads.shutdownNow();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                open.add(client);
                threads.execute(() -> serve(client));
            } catch (IOException e) { // closed, or a connection that died early
                Thread.onSpinWait();
            }
        }
    }

    private void serve(Socket client) {
        try (client;
                Socket server = new Socket()) {
            if (cut || !connectRequested(client.getInputStream())) {
                reset(client);
                return;
            }
            open.add(server);
            server.connect(new InetSocketAddress(targetHost, targetPort), CONNECT_MILLIS);
            server.setTcpNoDelay(true);
            client.setTcpNoDelay(true);
            client.getOutputStream()
                    .write("HTTP/1.1 200 Connection established\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            if (cut) { // between the first look and now
                reset(client);
                return;
            }
            threads.execute(() -> pump(client, server, false));
            pump(server, client, true);
            open.remove(server);
        } catch (IOException e) { // the client sees it too
            reset(client);
        } finally {
            open.remove(client);
        }
    }

    private boolean connectRequested(InputStream in) throws IOException {
        StringBuilder header = new StringBuilder();
        while (header.indexOf("\r\n\r\n") < 0 && header.length() < HEADER_LIMIT) {
            int next = in.read();
            if (next < 0) {
                return false;
            }
            header.append((char) next);
        }
        String wanted = "CONNECT " + targetHost + ":" + targetPort + " ";
        return header.toString().toUpperCase(Locale.ROOT).startsWith(wanted.toUpperCase(Locale.ROOT));
    }

    private void pump(Socket from, Socket to, boolean answers) {
        byte[] buffer = new byte[16 * 1024];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                if (answers && !delay.isZero()) {
                    Thread.sleep(delay.toMillis());
                }
                if (cut) {
                    break;
                }
                out.write(buffer, 0, read);
            }
        } catch (IOException e) { // broken here is broken there, below
            reset(from);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            reset(from);
            reset(to);
        }
    }

    /** Closes at once, so that the other side sees an error and not an end. */
    private static void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) { // closed already
            Thread.onSpinWait();
        }
    }
}
