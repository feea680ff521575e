package io.github.dualwrite.examples.livemigration;

import com.amazonaws.services.dynamodbv2.local.server.LocalDynamoDBRequestHandler;
import com.amazonaws.services.dynamodbv2.local.server.LocalDynamoDBServerHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * DynamoDB Local in this process, with its data in memory.
 *
 * <p>Not started by its own main class: that one listens on every address of the machine and sends telemetry. This one listens
 * on the loopback address and sends nothing.
 */
final class EmbeddedDynamoDb implements AutoCloseable {

    private final Server server;

    private EmbeddedDynamoDb(Server server) {
        this.server = server;
    }

    /** Starts it on a free port. */
    static EmbeddedDynamoDb start() throws Exception {
        Server server = new Server(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        server.setHandler(
                new LocalDynamoDBServerHandler(new LocalDynamoDBRequestHandler(0, true, null, true, false), null));
        server.start();
        return new EmbeddedDynamoDb(server);
    }

    /** Where it listens. */
    URI endpoint() {
        int port = ((ServerConnector) server.getConnectors()[0]).getLocalPort();
        return URI.create("http://" + InetAddress.getLoopbackAddress().getHostAddress() + ":" + port);
    }

    @Override
    public void close() {
        try {
            server.stop();
        } catch (Exception e) {
            throw new IllegalStateException("the embedded DynamoDB did not stop", e);
        }
    }
}
