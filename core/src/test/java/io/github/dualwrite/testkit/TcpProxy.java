package io.github.dualwrite.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.LongAdder;

/**
 * Stands between a client and a server, so that the way can be cut, delayed, narrowed, stalled, half closed, or lose answers.
 *
 * <p>It listens on a free port of the loopback address and serves one server. Faults hold for all connections until {@link #mend},
 * except {@link #reset} and {@link #halfClose}, which happen once. A fault without traffic does nothing: {@link #count} says what faults
 * have really done. Safe for use by many threads.
 */
public final class TcpProxy implements AutoCloseable {

    private static final int CONNECT_MILLIS = 2000;
    private static final int SLICES_PER_SECOND = 20;

    /** What a fault does to a connection or to what passes it. */
    public enum Effect {
        /** A connection was broken by {@link #cut} or {@link #reset}, a new one included. */
        BROKEN,
        /** A connection's answers were ended by {@link #halfClose}. */
        HALF_CLOSED,
        /** Something that the server sent was held back by {@link #delay}. */
        DELAYED,
        /** Something passed piece by piece because of {@link #narrow}. */
        NARROWED,
        /** Something waited because of {@link #stall}. */
        STALLED,
        /** A connection lost an answer because of {@link #loseAnswers}; what it loses later is not counted again. */
        ANSWER_LOST,
        /** A request was answered here because of {@link #refuse}. */
        REFUSED
    }

    /** What a proxy says to a client before it connects to the server. */
    @FunctionalInterface
    public interface Greeting {

        /** Talks to the client; an exception breaks the connection. */
        void greet(InputStream in, OutputStream out) throws IOException;
    }

    private final InetSocketAddress server;
    private final Greeting greeting;
    private final ServerSocket listener;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "tcp-proxy");
        thread.setDaemon(true);
        return thread;
    });
    private final Set<Link> links = ConcurrentHashMap.newKeySet();
    private final Map<Effect, LongAdder> effects = new EnumMap<>(Effect.class);
    private final Object gate = new Object();
    private boolean stalled;
    private volatile boolean cut;
    private volatile boolean losingAnswers;
    private volatile Duration delay = Duration.ZERO;
    private volatile long bytesPerSecond;
    private volatile HttpRefusal refusal = () -> null;
    private final boolean http;

    private TcpProxy(String host, int port, Greeting greeting, boolean http) {
        this.server = new InetSocketAddress(host, port);
        this.greeting = greeting;
        this.http = http;
        for (Effect effect : Effect.values()) {
            effects.put(effect, new LongAdder());
        }
        try {
            this.listener = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        threads.execute(this::accept);
    }

    /** A proxy in front of a server of any protocol. */
    public static TcpProxy of(String host, int port) {
        return new TcpProxy(host, port, (in, out) -> {}, false);
    }

    /** A proxy that talks to each client first. */
    public static TcpProxy greeting(String host, int port, Greeting greeting) {
        return new TcpProxy(host, port, greeting, false);
    }

    /** A proxy in front of an HTTP/1.1 server, which can also answer in its stead: {@link #refuse}. */
    public static TcpProxy http(String host, int port) {
        return new TcpProxy(host, port, (in, out) -> {}, true);
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return new InetSocketAddress(listener.getInetAddress(), listener.getLocalPort());
    }

    /** Breaks every connection and every new one. */
    public void cut() {
        cut = true;
        reset();
    }

    /** Breaks every connection, once. */
    public void reset() {
        links.forEach(this::broken);
    }

    private void broken(Link link) {
        if (link.mark()) { // before anybody can see it
            happened(Effect.BROKEN);
        }
        link.reset();
    }

    /** Ends the answers of every connection, once: what the client still sends reaches the server. */
    public void halfClose() {
        links.stream().filter(Link::endAnswers).forEach(link -> happened(Effect.HALF_CLOSED));
    }

    /** Holds every answer back for so long. */
    public void delay(Duration delay) {
        this.delay = delay;
    }

    /** Lets so many bytes of each direction of each connection through in a second. */
    public void narrow(long bytesPerSecond) {
        this.bytesPerSecond = bytesPerSecond;
    }

    /** Lets nothing through and breaks nothing. */
    public void stall() {
        synchronized (gate) {
            stalled = true;
        }
    }

    /** Lets requests through and swallows the answers; the connections that lost one break when this is mended. */
    public void loseAnswers() {
        losingAnswers = true;
    }

    /** Asks for each request to an HTTP server whether it is answered here. */
    public void refuse(HttpRefusal refusal) {
        if (!http) {
            throw new IllegalStateException("only a proxy for HTTP can answer requests");
        }
        this.refusal = refusal;
    }

    /** Lets everything through again. */
    public void mend() {
        for (Effect effect : Effect.values()) {
            mend(effect);
        }
    }

    /** Ends the fault that has this effect and leaves all others as they are. */
    public void mend(Effect effect) {
        switch (effect) {
            case BROKEN -> cut = false;
            case DELAYED -> delay = Duration.ZERO;
            case NARROWED -> bytesPerSecond = 0;
            case REFUSED -> refusal = () -> null;
            case HALF_CLOSED -> {} // is over as soon as it has happened
            case ANSWER_LOST -> {
                losingAnswers = false;
                links.stream().filter(link -> link.lostAnswer).forEach(Link::reset);
            }
            case STALLED -> {
                synchronized (gate) {
                    stalled = false;
                    gate.notifyAll();
                }
            }
        }
    }

    /** How often faults have had this effect since the proxy was made. */
    public long count(Effect effect) {
        return adder(effect).sum();
    }

    private void happened(Effect effect) {
        adder(effect).increment();
    }

    private LongAdder adder(Effect effect) {
        return Objects.requireNonNull(effects.get(effect));
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        cut();
        threads.shutdownNow();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Link link = new Link(listener.accept());
                links.add(link);
                threads.execute(() -> serve(link));
            } catch (IOException e) { // closed, or a connection that died early
                Thread.onSpinWait();
            }
        }
    }

    private void serve(Link link) {
        try {
            greeting.greet(link.client.getInputStream(), link.client.getOutputStream());
            if (cut) {
                broken(link);
            } else {
                link.connect(server, CONNECT_MILLIS);
                threads.execute(() -> requests(link));
                pass(link, link.server.getInputStream(), link.client.getOutputStream(), true);
                link.client.shutdownOutput();
                link.answersEnded();
                return;
            }
        } catch (IOException e) { // broken here is broken there, below
            Thread.onSpinWait();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        drop(link);
    }

    private void requests(Link link) {
        try {
            InputStream in = link.client.getInputStream();
            OutputStream out = link.server.getOutputStream();
            if (http) {
                HttpRequests.each(in, request -> {
                    byte[] answer = refusal.answer();
                    if (answer == null) {
                        pass(link, out, request, request.length, false);
                    } else {
                        happened(Effect.REFUSED);
                        link.client.getOutputStream().write(answer);
                    }
                });
            } else {
                pass(link, in, out, false);
            }
            link.server.shutdownOutput();
            link.awaitEndOfAnswers();
        } catch (IOException e) { // broken here is broken there, below
            Thread.onSpinWait();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            drop(link);
        }
    }

    private void drop(Link link) {
        link.reset();
        links.remove(link);
    }

    private void pass(Link link, InputStream in, OutputStream out, boolean answers)
            throws IOException, InterruptedException {
        byte[] buffer = new byte[16 * 1024];
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            pass(link, out, buffer, read, answers);
        }
    }

    private void pass(Link link, OutputStream out, byte[] bytes, int length, boolean answers)
            throws IOException, InterruptedException {
        synchronized (gate) {
            if (stalled && !link.broken) {
                happened(Effect.STALLED);
            }
            while (stalled && !link.broken) {
                gate.wait(CONNECT_MILLIS);
            }
        }
        if (answers) {
            long held = delay.toMillis();
            if (held > 0) {
                happened(Effect.DELAYED);
                Thread.sleep(held);
            }
            if (link.lostAnswer) { // what follows a gap would be garbage
                return;
            }
            if (losingAnswers) {
                link.lostAnswer = true;
                happened(Effect.ANSWER_LOST);
                return;
            }
        }
        if (cut) {
            broken(link);
            throw new IOException("cut");
        }
        if (bytesPerSecond > 0) {
            happened(Effect.NARROWED);
        }
        int written = 0;
        while (written < length) {
            long limit = bytesPerSecond;
            int slice = limit == 0 ? length - written : (int) Math.max(1, limit / SLICES_PER_SECOND);
            int count = Math.min(slice, length - written);
            out.write(bytes, written, count);
            written += count;
            if (limit > 0) {
                Thread.sleep(1000 / SLICES_PER_SECOND);
            }
        }
    }

    /** One client and its way to the server. */
    private static final class Link {

        private final Socket client;
        private final Socket server = new Socket();
        private volatile boolean lostAnswer;
        private volatile boolean broken;
        private boolean answersEnded;

        Link(Socket client) {
            this.client = client;
        }

        void connect(InetSocketAddress address, int millis) throws IOException {
            server.connect(address, millis);
            server.setTcpNoDelay(true);
            client.setTcpNoDelay(true);
        }

        /** Whether there was something to end. */
        boolean endAnswers() {
            try {
                client.shutdownOutput();
                return true;
            } catch (IOException e) { // broken already
                reset();
                return false;
            }
        }

        synchronized void answersEnded() {
            answersEnded = true;
            notifyAll();
        }

        synchronized void awaitEndOfAnswers() throws InterruptedException {
            while (!answersEnded && !broken) {
                wait(CONNECT_MILLIS);
            }
        }

        /** Whether it was not broken already. */
        synchronized boolean mark() {
            boolean first = !broken;
            broken = true;
            return first;
        }

        /** Closes at once, so that both sides see an error and not an end. */
        void reset() {
            broken = true;
            for (Socket socket : new Socket[] {client, server}) {
                try {
                    socket.setSoLinger(true, 0);
                    socket.close();
                } catch (IOException e) { // closed already
                    Thread.onSpinWait();
                }
            }
        }
    }
}
