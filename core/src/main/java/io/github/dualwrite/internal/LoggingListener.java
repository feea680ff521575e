package io.github.dualwrite.internal;

import io.github.dualwrite.event.DualWriteEvent;
import io.github.dualwrite.event.DualWriteListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs changes of state at WARN or INFO, and what happens to single keys at DEBUG. Errors that a caller gets are not logged.
 */
final class LoggingListener implements DualWriteListener {

    private static final Logger log = LoggerFactory.getLogger("io.github.dualwrite");

    @Override
    public void onLeftPending(DualWriteEvent.LeftPending e) {
        log.atDebug()
                .addKeyValue("repository", e.repository())
                .addKeyValue("key", e.key())
                .addKeyValue("version", e.version())
                .addKeyValue("reason", e.reason())
                .log("write left pending {}", e.error());
    }

    @Override
    public void onConfirmFailed(DualWriteEvent.ConfirmFailed e) {
        log.atDebug()
                .addKeyValue("repository", e.repository())
                .addKeyValue("keys", e.keys())
                .setCause(e.cause())
                .log("confirm failed; these writes will be applied once more");
    }

    @Override
    public void onPushedBack(DualWriteEvent.PushedBack e) {
        log.atDebug()
                .addKeyValue("repository", e.repository())
                .addKeyValue("key", e.key())
                .addKeyValue("version", e.version())
                .addKeyValue("attempts", e.attempts())
                .log("pending write pushed back: {}", e.error());
    }

    @Override
    public void onParked(DualWriteEvent.Parked e) {
        log.atWarn()
                .addKeyValue("repository", e.repository())
                .log("a pending write was parked; Reconciler.parked lists it with its reason");
        log.atDebug() // the reason may name the key
                .addKeyValue("repository", e.repository())
                .addKeyValue("key", e.key())
                .addKeyValue("version", e.version())
                .log("parked: {}", e.reason());
    }

    @Override
    public void onParkedRetried(DualWriteEvent.ParkedRetried e) {
        log.atInfo()
                .addKeyValue("repository", e.repository())
                .addKeyValue("count", e.count())
                .log("parked writes were made due again");
    }

    @Override
    public void onReadFallback(DualWriteEvent.ReadFallback e) {
        log.atDebug()
                .addKeyValue("repository", e.repository())
                .addKeyValue("keys", e.keys())
                .addKeyValue("reason", e.reason())
                .log("the authority answered a read in the follower's stead");
    }

    @Override
    public void onDiscarded(DualWriteEvent.Discarded e) {
        log.atWarn()
                .addKeyValue("repository", e.repository())
                .addKeyValue("version", e.version())
                .log("a parked write was discarded: {}", e.reason());
        log.atDebug()
                .addKeyValue("repository", e.repository())
                .addKeyValue("key", e.key())
                .log("discarded");
    }

    @Override
    public void onReconcileFailed(DualWriteEvent.ReconcileFailed e) {
        log.atWarn()
                .addKeyValue("repository", e.repository())
                .addKeyValue("error", e.error().getClass().getSimpleName())
                .log("the reconciler could not work on the queue; it goes on trying");
        log.atDebug() // the message may name keys
                .addKeyValue("repository", e.repository())
                .setCause(e.error())
                .log("the reconciler failed");
    }

    @Override
    public void onFollowerReadFailed(DualWriteEvent.FollowerReadFailed e) {
        log.atDebug()
                .addKeyValue("repository", e.repository())
                .addKeyValue("keys", e.keys())
                .addKeyValue("reason", e.reason())
                .log("a read of the follower failed, and the route allows no fallback");
    }

    @Override
    public void onRouteUndecided(DualWriteEvent.RouteUndecided e) {
        log.atDebug()
                .addKeyValue("repository", e.repository())
                .setCause(e.error())
                .log("the route could not decide; the authority answers");
    }

    @Override
    public void onQueryFallback(DualWriteEvent.QueryFallback e) {
        log.atDebug()
                .addKeyValue("repository", e.repository())
                .addKeyValue("query", e.query())
                .addKeyValue("reason", e.reason())
                .log("the authority answered a query in the follower's stead");
    }

    @Override
    public void onShadowMismatch(DualWriteEvent.ShadowMismatch e) {
        log.atWarn()
                .addKeyValue("repository", e.repository())
                .addKeyValue("result", e.result())
                .addKeyValue("fields", e.fields())
                .addKeyValue("suppressed", e.suppressed())
                .log("a shadow read found a difference");
        log.atDebug()
                .addKeyValue("repository", e.repository())
                .addKeyValue("key", e.key())
                .log("it is this key");
    }

    @Override
    public void onShadowFailed(DualWriteEvent.ShadowFailed e) {
        log.atDebug()
                .addKeyValue("repository", e.repository())
                .addKeyValue("step", e.step())
                .setCause(e.error())
                .log("a shadow read failed");
    }

    @Override
    public void onShadowHealed(DualWriteEvent.ShadowHealed e) {
        log.atDebug()
                .addKeyValue("repository", e.repository())
                .addKeyValue("key", e.key())
                .log("a key that differs was marked pending");
    }

    @Override
    public void onRouteChanged(DualWriteEvent.RouteChanged e) {
        log.atInfo()
                .addKeyValue("repository", e.repository())
                .addKeyValue("from", e.from())
                .addKeyValue("to", e.to())
                .log("read route changed");
    }

    @Override
    public void onRouteSourceFailed(DualWriteEvent.RouteSourceFailed e) {
        log.atDebug()
                .addKeyValue("repository", e.repository())
                .addKeyValue("route", e.route())
                .setCause(e.error())
                .log("the source of the read route failed; the last good route stays");
    }

    @Override
    public void onBreakerChanged(DualWriteEvent.BreakerChanged e) {
        log.atWarn()
                .addKeyValue("repository", e.repository())
                .addKeyValue("breaker", e.breaker())
                .addKeyValue("from", e.from())
                .addKeyValue("to", e.to())
                .log("circuit breaker changed its state");
    }

    @Override
    public void onFollowerCheckFailed(DualWriteEvent.FollowerCheckFailed e) {
        log.atWarn()
                .addKeyValue("repository", e.repository())
                .setCause(e.error())
                .log("the follower could not be checked; writes will be pending until it answers");
    }
}
