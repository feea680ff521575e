package io.github.dualwrite.internal;

import io.github.dualwrite.event.CallOutcome;
import io.github.dualwrite.event.StoreCall;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A call that one or more listeners watch; the last to be told of its beginning is the first to be told of the rest. */
final class WatchedCall implements StoreCall {

    private final StoreCall watcher;
    private final @Nullable WatchedCall outer;
    private final Consumer<Throwable> failed;

    WatchedCall(StoreCall watcher, @Nullable WatchedCall outer, Consumer<Throwable> failed) {
        this.watcher = watcher;
        this.outer = outer;
        this.failed = failed;
    }

    @Override
    public void left() {
        try {
            watcher.left();
        } catch (Throwable e) { // a listener's code must not reach a caller
            failed.accept(e);
        }
        if (outer != null) {
            outer.left();
        }
    }

    @Override
    public void ended(CallOutcome outcome, @Nullable Throwable error) {
        try {
            watcher.ended(outcome, error);
        } catch (Throwable e) { // as above
            failed.accept(e);
        }
        if (outer != null) {
            outer.ended(outcome, error);
        }
    }
}
