package io.github.dualwrite.testkit;

import io.github.dualwrite.spi.Authority;
import io.github.dualwrite.spi.AuthorityStore;
import io.github.dualwrite.spi.Follower;
import io.github.dualwrite.spi.FollowerStore;
import io.github.dualwrite.spi.ReconciliationQueue;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What can happen to one process: its follower goes away and comes back, and it dies. A dead process reaches neither store any
 * more, whatever its threads still try; what it had sent before goes on.
 */
final class Fate {

    private final AtomicBoolean outage;
    private final AtomicBoolean dead = new AtomicBoolean();
    private final AtomicInteger faults = new AtomicInteger();

    /**
     * A living process.
     *
     * @param outage whether the follower is away, for all processes
     */
    Fate(AtomicBoolean outage) {
        this.outage = outage;
    }

    void die() {
        dead.set(true);
    }

    @SuppressWarnings("unchecked") // the proxy forwards to what it stands for
    AuthorityStore<String, Sample> authority(AuthorityStore<String, Sample> store) {
        return context -> mortal(Authority.class, store.openAuthority(context));
    }

    private <T> T mortal(Class<T> type, T target) {
        return proxy(type, (proxy, method, arguments) -> {
            if (dead.get()) {
                throw new IllegalStateException("this process is dead");
            }
            Object answer = invoke(method, target, arguments);
            return answer instanceof ReconciliationQueue<?> queue ? mortal(ReconciliationQueue.class, queue) : answer;
        });
    }

    @SuppressWarnings("unchecked") // the proxy forwards to what it stands for
    FollowerStore<String, Sample> follower(FollowerStore<String, Sample> store) {
        return context -> {
            Follower<String, Sample> target = store.openFollower(context);
            return proxy(Follower.class, (proxy, method, arguments) -> {
                if (!List.of("apply", "read", "readAll").contains(method.getName())) {
                    return invoke(method, target, arguments);
                }
                if (dead.get()) {
                    return new CompletableFuture<>();
                }
                return outage.get() ? fault(method, target, arguments) : invoke(method, target, arguments);
            });
        };
    }

    /** In turn: the request is lost, the answer is lost, nothing is ever heard. */
    private Object fault(Method method, Object target, Object[] arguments) throws Throwable {
        IllegalStateException lost = new IllegalStateException("the connection is lost");
        return switch (faults.getAndIncrement() % 8) {
            case 0 ->
                ((CompletableFuture<?>) invoke(method, target, arguments))
                        .thenCompose(answer -> CompletableFuture.failedFuture(lost));
            case 1 -> new CompletableFuture<>();
            default -> CompletableFuture.failedFuture(lost);
        };
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private static Object invoke(Method method, Object target, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
