package io.github.dualwrite.broken;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.dualwrite.testkit.HttpRefusal;
import io.github.dualwrite.testkit.TcpProxy;
import io.github.dualwrite.testkit.TcpProxy.Effect;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The proxy in front of a server that sends back what it gets and remembers it. */
class TcpProxyTest {

    private static final int PATIENCE_MILLIS = 20_000;
    private static final int IMPATIENCE_MILLIS = 150;

    private final BlockingQueue<Character> received = new LinkedBlockingQueue<>();
    private ServerSocket server;
    private TcpProxy proxy;

    @BeforeEach
    void start() throws IOException {
        server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        daemon(this::echo);
        proxy = TcpProxy.of("127.0.0.1", server.getLocalPort());
    }

    @AfterEach
    void stop() throws IOException {
        proxy.close();
        server.close();
    }

    @Test
    void aCutBreaksWhatIsThereAndWhatIsNewUntilItIsMended() throws IOException {
        try (Socket there = connected(proxy)) {
            assertThat(answer(there, 'a')).isEqualTo('a');
            proxy.cut();
            assertThatThrownBy(() -> answer(there, 'b')).isInstanceOf(SocketException.class);
            assertThat(proxy.count(Effect.BROKEN)).isEqualTo(1);
        }
        assertThatThrownBy(() -> answer(connected(proxy), 'c')).isInstanceOf(SocketException.class);
        assertThat(proxy.count(Effect.BROKEN)).isEqualTo(2);

        proxy.mend();

        try (Socket again = connected(proxy)) {
            assertThat(answer(again, 'd')).isEqualTo('d');
        }
    }

    @Test
    void aLostAnswerIsOneThatTheServerHasGiven() throws Exception {
        try (Socket socket = connected(proxy)) {
            assertThat(answer(socket, 'a')).isEqualTo('a');
            proxy.loseAnswers();

            assertNoAnswer(socket, 'b');
            assertNoAnswer(socket, 'c');

            assertThat(received.take()).isEqualTo('a');
            assertThat(received.poll(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)).isEqualTo('b');
            assertThat(proxy.count(Effect.ANSWER_LOST)).isEqualTo(1);
            proxy.mend();
            assertThatThrownBy(() -> answer(socket, 'c')).isInstanceOf(SocketException.class);
        }
    }

    @Test
    void aHalfClosedConnectionStillBringsRequestsToTheServer() throws Exception {
        try (Socket socket = connected(proxy)) {
            assertThat(answer(socket, 'a')).isEqualTo('a');
            proxy.halfClose();

            assertThat(socket.getInputStream().read()).isNegative();
            assertThat(proxy.count(Effect.HALF_CLOSED)).isEqualTo(1);
            socket.getOutputStream().write('b');

            assertThat(received.take()).isEqualTo('a');
            assertThat(received.poll(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)).isEqualTo('b');
        }
    }

    @Test
    void aStalledConnectionGoesOnWhereItWas() throws Exception {
        try (Socket socket = connected(proxy)) {
            assertThat(answer(socket, 'a')).isEqualTo('a');
            proxy.stall();
            assertNoAnswer(socket, 'b');
            proxy.mend(Effect.DELAYED); // another fault's end is not this one's
            assertNoAnswer(socket, 'c');
            proxy.mend(Effect.STALLED);

            socket.setSoTimeout(PATIENCE_MILLIS);
            assertThat(socket.getInputStream().read()).isEqualTo('b');
            assertThat(proxy.count(Effect.STALLED)).isPositive();
        }
    }

    @Test
    void aDelayHoldsAnswersBack() throws Exception {
        try (Socket socket = connected(proxy)) {
            assertThat(answer(socket, 'a')).isEqualTo('a');
            proxy.delay(Duration.ofMinutes(1));

            assertNoAnswer(socket, 'b');

            assertThat(received.take()).isEqualTo('a');
            assertThat(received.poll(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)).isEqualTo('b');
            assertThat(proxy.count(Effect.DELAYED)).isEqualTo(1);
        }
    }

    @Test
    void aNarrowWayLetsBytesThroughOneByOne() throws Exception {
        try (Socket socket = connected(proxy)) {
            proxy.narrow(20);
            socket.getOutputStream().write("ab".getBytes(US_ASCII));

            assertThat(socket.getInputStream().readNBytes(2)).isEqualTo("ab".getBytes(US_ASCII));
            assertThat(proxy.count(Effect.NARROWED)).isPositive();
        }
    }

    @Test
    void anEndPassesThrough() throws Exception {
        try (Socket socket = connected(proxy)) {
            socket.getOutputStream().write('a');
            socket.shutdownOutput();

            assertThat(socket.getInputStream().readAllBytes()).isEqualTo(new byte[] {'a'});
        }
    }

    @Test
    void aRefusedRequestNeverReachesTheServer() throws Exception {
        try (TcpProxy http = TcpProxy.http("127.0.0.1", server.getLocalPort());
                Socket socket = connected(http)) {
            byte[] refused = HttpRefusal.answer(400, "text/plain", "no");
            http.refuse(() -> refused);
            socket.getOutputStream().write(request("refused"));
            assertThat(socket.getInputStream().readNBytes(refused.length)).isEqualTo(refused);
            assertThat(http.count(Effect.REFUSED)).isEqualTo(1);

            http.mend();

            byte[] passed = request("passed");
            socket.getOutputStream().write(passed);
            InputStream in = socket.getInputStream();
            assertThat(in.readNBytes(passed.length)).isEqualTo(passed);
            assertThat(received).hasSize(passed.length);
        }
    }

    @Test
    void faultsWithoutTrafficHaveNoEffect() {
        proxy.cut();
        proxy.halfClose();
        proxy.loseAnswers();
        proxy.stall();
        proxy.narrow(1);
        proxy.delay(Duration.ofMinutes(1));

        for (Effect effect : Effect.values()) {
            assertThat(proxy.count(effect)).as("%s", effect).isZero();
        }
    }

    @Test
    void whatIsNotHttpCannotBeRefused() {
        assertThatThrownBy(() -> proxy.refuse(() -> null)).isInstanceOf(IllegalStateException.class);
    }

    private static byte[] request(String body) {
        return ("POST / HTTP/1.1\r\nHost: x\r\ncontent-length: " + body.length() + "\r\n\r\n" + body)
                .getBytes(US_ASCII);
    }

    private static Socket connected(TcpProxy proxy) throws IOException {
        Socket socket = new Socket(proxy.address().getAddress(), proxy.address().getPort());
        socket.setSoTimeout(PATIENCE_MILLIS);
        return socket;
    }

    private static int answer(Socket socket, char request) throws IOException {
        socket.getOutputStream().write(request);
        int answer = socket.getInputStream().read();
        if (answer < 0) {
            throw new SocketException("ended");
        }
        return answer;
    }

    private static void assertNoAnswer(Socket socket, char request) throws SocketException {
        socket.setSoTimeout(IMPATIENCE_MILLIS);
        assertThatThrownBy(() -> answer(socket, request)).isInstanceOf(SocketTimeoutException.class);
    }

    private void echo() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                daemon(() -> {
                    try (client) {
                        for (int read = client.getInputStream().read();
                                read >= 0;
                                read = client.getInputStream().read()) {
                            received.add((char) read);
                            client.getOutputStream().write(read);
                        }
                    } catch (IOException e) { // the proxy broke it, as it should
                        Thread.onSpinWait();
                    }
                });
            } catch (IOException e) { // the test is over
                return;
            }
        }
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work, "echo");
        thread.setDaemon(true);
        thread.start();
    }
}
