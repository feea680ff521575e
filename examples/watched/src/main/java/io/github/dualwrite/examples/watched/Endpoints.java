package io.github.dualwrite.examples.watched;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.github.dualwrite.DualWriteRepository;
import io.github.dualwrite.health.HealthReport;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** What an application would offer to its surroundings, on the loopback interface alone: metrics, readiness, health. */
final class Endpoints implements AutoCloseable {

    private final HttpServer server;

    /**
     * Serves until it is closed.
     *
     * @param port 0 for any
     */
    Endpoints(int port, PrometheusMeterRegistry registry, DualWriteRepository<?, ?> repository) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.createContext("/metrics", exchange -> answer(exchange, 200, registry.scrape()));
        server.createContext("/ready", exchange -> {
            HealthReport health = repository.health();
            answer(exchange, health.ready() ? 200 : 503, health + "\n");
        });
        server.createContext("/health", exchange -> {
            HealthReport health = repository.health();
            answer(exchange, health.safe() ? 200 : 503, health + "\n");
        });
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        try (exchange) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
