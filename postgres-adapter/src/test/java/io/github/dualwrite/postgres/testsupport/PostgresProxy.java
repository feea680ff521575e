package io.github.dualwrite.postgres.testsupport;

import java.io.ByteArrayOutputStream;
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

    /** Parse, Bind, Describe, Execute, Close: held back until the Sync that ends their flight, because the server does each at once, also a COMMIT. */
    private static final String ONE_OF_SEVERAL = "PBDEC";

    private final ServerSocket listener;
    private final String host;
    private final int port;
    private final AtomicInteger roundTrips = new AtomicInteger();
    private final AtomicReference<Planned> planned = new AtomicReference<>(Planned.NOTHING);
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

    /** A fault, after so many requests that nothing happens to. */
    private record Planned(int after, Fault fault) {
        static final Planned NOTHING = new Planned(0, Fault.NONE);

        Planned next() {
            return after > 0 ? new Planned(after - 1, fault) : NOTHING;
        }

        Fault now() {
            return after > 0 ? Fault.NONE : fault;
        }
    }

    /** What becomes of the next request; after that nothing. */
    public void failNext(Fault next) {
        failAfter(0, next);
    }

    /** What becomes of the request after so many others. */
    public void failAfter(int requests, Fault next) {
        planned.set(new Planned(requests, next));
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
            ByteArrayOutputStream flight = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(flight);
            int startup = in.readInt();
            out.writeInt(startup);
            out.write(in.readNBytes(startup - Integer.BYTES));
            send(flight, server);
            while (true) {
                int type = in.read();
                if (type < 0) {
                    break;
                }
                int length = in.readInt();
                byte[] body = in.readNBytes(length - Integer.BYTES);
                if (type == 'S' || type == 'Q') {
                    roundTrips.incrementAndGet();
                    Fault next = planned.getAndUpdate(Planned::next).now();
                    if (next == Fault.LOSE_REQUEST) {
                        break;
                    }
                    boolean unused =
                            current.compareAndSet(Fault.NONE, next); // the driver may have sent the one after it
                }
                out.write(type);
                out.writeInt(length);
                out.write(body);
                if (ONE_OF_SEVERAL.indexOf(type) < 0) {
                    send(flight, server);
                }
            }
        } catch (IOException e) {
            // a side has gone: the other goes too
        } finally {
            cut(client, server);
        }
    }

    private static void send(ByteArrayOutputStream flight, Socket server) throws IOException {
        flight.writeTo(server.getOutputStream());
        flight.reset();
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

    /** ReadyForQuery, idle or in a transaction: the request is done. */
    private static boolean endsReady(byte[] buffer, int length) {
        return length >= IDLE_LENGTH
                && buffer[length - IDLE_LENGTH] == 'Z'
                && buffer[length - 2] == 5
                && (buffer[length - 1] == 'I' || buffer[length - 1] == 'T');
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
