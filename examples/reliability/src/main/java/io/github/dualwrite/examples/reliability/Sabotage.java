package io.github.dualwrite.examples.reliability;

import io.github.dualwrite.spi.ApplyResult;
import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.spi.KeyVersion;
import io.github.dualwrite.spi.ReconciliationQueue;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The protocol broken on purpose, so that the harness can be seen to fail. */
enum Sabotage {
    /** Nothing is broken. */
    NONE,
    /** Each fifth call of the follower does nothing and says that it did: its pending writes are dropped. */
    DROP_PENDING,
    /** Pending writes are deleted whatever version they have by now. */
    CONFIRM_BLINDLY;

    private static final int EACH = 5;

    @FunctionalInterface
    private interface Call {
        @Nullable
        Object answer(@Nullable Object @Nullable [] arguments);
    }

    AuthorityStore<String, Entry> of(AuthorityStore<String, Entry> store, String repository, DataSource dataSource) {
        return this == CONFIRM_BLINDLY
                ? context -> {
                    Authority<String, Entry> inner = store.openAuthority(context);
                    ReconciliationQueue<String> queue = but(
                            ReconciliationQueue.class,
                            inner.queue(),
                            "confirm",
                            arguments -> confirm(repository, dataSource, arguments));
                    return but(Authority.class, inner, "queue", arguments -> queue);
                }
                : store;
    }

    FollowerStore<String, Entry> of(FollowerStore<String, Entry> store) {
        AtomicInteger calls = new AtomicInteger();
        return this == DROP_PENDING
                ? context -> {
                    Follower<String, Entry> inner = store.openFollower(context);
                    return but(
                            Follower.class,
                            inner,
                            "apply",
                            arguments -> calls.incrementAndGet() % EACH == 0 ? pretend(arguments) : null);
                }
                : store;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // whoever called the follower gets it
    private static Object pretend(@Nullable Object @Nullable [] arguments) {
        List<?> records = (List<?>) argument(arguments);
        return CompletableFuture.completedFuture(
                records.stream().map(record -> ApplyResult.applied()).toList());
    }

    private static Object confirm(String repository, DataSource dataSource, @Nullable Object @Nullable [] arguments) {
        Set<String> keys = new HashSet<>();
        for (Object applied : (Collection<?>) argument(arguments)) {
            keys.add((String) ((KeyVersion<?>) applied).key());
        }
        try (Connection connection = dataSource.getConnection();
                PreparedStatement delete = connection.prepareStatement(
                        "DELETE FROM dualwrite.pending_write WHERE repository = ? AND key = ANY (?)")) {
            delete.setString(1, repository);
            delete.setArray(2, connection.createArrayOf("text", keys.toArray()));
            delete.executeUpdate();
        } catch (SQLException e) { // they stay pending
            return Set.of();
        }
        return keys;
    }

    private static Object argument(@Nullable Object @Nullable [] arguments) {
        if (arguments == null || arguments[0] == null) {
            throw new IllegalArgumentException("called without an argument");
        }
        return arguments[0];
    }

    /** What another object does, but for one method; where its replacement has no answer, that too. */
    private static <T> T but(Class<? super T> type, T inner, String method, Call replacement) {
        @SuppressWarnings("unchecked") // it implements this very interface
        T forwarding =
                (T) Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, called, arguments) -> {
                    Object answer = called.getName().equals(method) ? replacement.answer(arguments) : null;
                    try {
                        return answer != null ? answer : called.invoke(inner, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
        return forwarding;
    }
}
