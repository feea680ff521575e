package io.github.dualwrite.postgres.testsupport;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Stands between a client and PostgreSQL and understands as much of the protocol as is needed to count round trips and to lose
 * a request or an answer at an exact point. The client must neither ask for TLS nor for GSS encryption.
 */
public final class PostgresProxy implements AutoCloseable {

    /** What to do with the next request. */
    public enum Fault {
        /** Nothing. */
        NONE,
        /** Cut the connection before the server sees it. */
        LOSE_REQUEST,
        /** Cut the connection after the server has done it and before the client hears of it. */
        LOSE_ANSWER
    }

    private static final int IDLE_LENGTH = 6;

    private final ServerSocket listener;
    private final String host;
    private final int port;
    private final AtomicInteger roundTrips = new AtomicInteger();
    private final AtomicReference<Fault> fault = new AtomicReference<>(Fault.NONE);
    private final ConcurrentHashMap<Socket, Socket> connections = new ConcurrentHashMap<>();

    /** Listens on a free port of the loopback interface. */
    public PostgresProxy(String host, int port) {
        this.host = host;
        this.port = port;
        try {
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        daemon(this::accept);
    }

    /** The port to connect to. */
    public int port() {
        return listener.getLocalPort();
    }

    /** How many requests clients have made since they connected: flights that end in Sync, or simple queries. */
    public int roundTrips() {
        return roundTrips.get();
    }

    /** What becomes of the next request; after that nothing. */
    public void failNext(Fault next) {
        fault.set(next);
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                Socket server = new Socket(host, port);
                client.setTcpNoDelay(true);
                server.setTcpNoDelay(true);
                connections.put(client, server);
                AtomicReference<Fault> current = new AtomicReference<>(Fault.NONE);
                daemon(() -> forward(client, server, current));
                daemon(() -> answer(client, server, current));
            }
        } catch (IOException e) {
            close(); // the listener was closed
        }
    }

    private void forward(Socket client, Socket server, AtomicReference<Fault> current) {
        try {
            DataInputStream in = new DataInputStream(client.getInputStream());
            DataOutputStream out = new DataOutputStream(server.getOutputStream());
            int startup = in.readInt();
            out.writeInt(startup);
            out.write(in.readNBytes(startup - Integer.BYTES));
            out.flush();
            while (true) {
                int type = in.read();
                if (type < 0) {
                    break;
                }
                int length = in.readInt();
                byte[] body = in.readNBytes(length - Integer.BYTES);
                if (type == 'S' || type == 'Q') {
                    roundTrips.incrementAndGet();
                    Fault next = fault.getAndSet(Fault.NONE);
                    if (next == Fault.LOSE_REQUEST) {
                        break;
                    }
                    current.set(next);
                }
                out.write(type);
                out.writeInt(length);
                out.write(body);
                out.flush();
            }
        } catch (IOException e) {
            // a side has gone: the other goes too
        } finally {
            cut(client, server);
        }
    }

    private void answer(Socket client, Socket server, AtomicReference<Fault> current) {
        try {
            InputStream in = server.getInputStream();
            OutputStream out = client.getOutputStream();
            byte[] buffer = new byte[65536];
            while (true) {
                int read = in.read(buffer);
                if (read < 0) {
                    break;
                }
                if (current.get() == Fault.LOSE_ANSWER) {
                    if (endsReady(buffer, read)) {
                        break;
                    }
                    continue;
                }
                out.write(buffer, 0, read);
                out.flush();
            }
        } catch (IOException e) {
            // a side has gone: the other goes too
        } finally {
            cut(client, server);
        }
    }

    /** ReadyForQuery, idle: the statement is done and committed. */
    private static boolean endsReady(byte[] buffer, int length) {
        return length >= IDLE_LENGTH
                && buffer[length - IDLE_LENGTH] == 'Z'
                && buffer[length - 2] == 5
                && buffer[length - 1] == 'I';
    }

    private void cut(Socket client, Socket server) {
        connections.remove(client);
        for (Socket socket : new Socket[] {client, server}) {
            try {
                socket.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work, "postgres-proxy");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        connections.forEach(this::cut);
    }
}
