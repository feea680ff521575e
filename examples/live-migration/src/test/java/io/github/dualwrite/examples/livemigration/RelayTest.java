package io.github.dualwrite.examples.livemigration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The relay in front of a server that sends back what it gets. */
class RelayTest {

    private static final int PATIENCE_MILLIS = 20_000;

    private ServerSocket server;
    private Relay relay;

    @BeforeEach
    void start() throws IOException {
        server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        Thread echo = new Thread(this::echo, "echo");
        echo.setDaemon(true);
        echo.start();
        relay = new Relay(URI.create("http://127.0.0.1:" + server.getLocalPort()));
    }

    @AfterEach
    void stop() throws IOException {
        relay.close();
        server.close();
    }

    @Test
    void aCutBreaksWhatIsThereAndRefusesWhatIsNewUntilItIsMended() throws IOException {
        try (Socket there = connected()) {
            assertThat(answer(there)).isEqualTo('x');

            relay.cut();

            assertThatThrownBy(() -> answer(there)).isInstanceOf(SocketException.class);
            assertThatThrownBy(this::answerOfANewConnection).isInstanceOf(SocketException.class);
        }

        relay.mend();

        try (Socket again = connected()) {
            assertThat(answer(again)).isEqualTo('x');
        }
    }

    @Test
    void aDelayHoldsAnswersBack() throws IOException {
        try (Socket socket = connected()) {
            assertThat(answer(socket)).isEqualTo('x');

            relay.delay(Duration.ofMinutes(1));
            socket.setSoTimeout(200);

            assertThatThrownBy(() -> answer(socket)).isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void anotherTargetIsNotServed() {
        assertThatThrownBy(() -> connected("example.org:80")).isInstanceOf(SocketException.class);
    }

    private Socket connected() throws IOException {
        return connected("127.0.0.1:" + server.getLocalPort());
    }

    private Socket connected(String target) throws IOException {
        Socket socket = new Socket(relay.address().getAddress(), relay.address().getPort());
        try {
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.getOutputStream()
                    .write(("CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            String wanted = "HTTP/1.1 200 Connection established\r\n\r\n";
            byte[] answer = socket.getInputStream().readNBytes(wanted.length());
            if (answer.length < wanted.length()) {
                throw new SocketException("ended");
            }
            assertThat(new String(answer, StandardCharsets.US_ASCII)).isEqualTo(wanted);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private void answerOfANewConnection() throws IOException {
        try (Socket socket = connected()) { // it may be greeted before it breaks
            int unused = answer(socket);
        }
    }

    private static int answer(Socket socket) throws IOException {
        socket.getOutputStream().write('x');
        int answer = socket.getInputStream().read();
        if (answer < 0) {
            throw new SocketException("ended");
        }
        return answer;
    }

    private void echo() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                Thread thread = new Thread(
                        () -> {
                            try (client) {
                                client.getInputStream().transferTo(client.getOutputStream());
                            } catch (IOException e) { // the relay was cut, as it should be
                                Thread.onSpinWait();
                            }
                        },
                        "echo-client");
                thread.setDaemon(true);
                thread.start();
            } catch (IOException e) { // the test is over
                return;
            }
        }
    }
}
