package io.github.dualwrite.reconcile;

import io.github.dualwrite.internal.Machine;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/**
 * One round, and after one that claimed a full batch, which means a backlog, one after another by several threads at once, until there is
 * nothing left to claim: while one waits for a store, another can use the other store. Leases keep them apart, as they do in different processes.
 */
final class Rounds {

    private final Round<?, ?> round;
    private final ReconcilerSettings settings;
    private final Machine machine;
    private final String repository;

    Rounds(Round<?, ?> round, ReconcilerSettings settings, Machine machine, String repository) {
        this.round = round;
        this.settings = settings;
        this.machine = machine;
        this.repository = repository;
    }

    /**
     * Works on the calling thread, and on more of them for as long as this call lasts.
     *
     * @param stop asked between rounds
     * @throws RuntimeException what a round has thrown, on whichever thread; the others end after their rounds
     * @throws InterruptedException if the calling thread was interrupted; the others end after their rounds
     */
    Tally run(BooleanSupplier stop) throws InterruptedException {
        Tally done = round.run();
        if (settings.workers() > 1 && done.claimed >= settings.batchSize()) {
            AtomicBoolean over = new AtomicBoolean();
            BooleanSupplier ends = () -> over.get() || stop.getAsBoolean();
            List<CompletableFuture<Tally>> others = start(ends);
            try {
                done.add(untilNothingIsDue(ends));
            } finally {
                over.set(true);
            }
            for (CompletableFuture<Tally> other : others) {
                done.add(await(other));
            }
        }
        return done;
    }

    private List<CompletableFuture<Tally>> start(BooleanSupplier ends) {
        List<CompletableFuture<Tally>> others = new ArrayList<>();
        for (int i = 1; i < settings.workers(); i++) {
            CompletableFuture<Tally> result = new CompletableFuture<>();
            Thread thread = machine.thread("dualwrite-reconciler-" + repository + "-" + (i + 1), () -> {
                try {
                    result.complete(untilNothingIsDue(ends));
                } catch (InterruptedException | RuntimeException | Error e) {
                    result.completeExceptionally(e);
                }
            });
            try {
                thread.start();
                others.add(result);
            } catch (OutOfMemoryError e) { // no thread to be had: those that there are do the work
                return others;
            }
        }
        return others;
    }

    private Tally untilNothingIsDue(BooleanSupplier ends) throws InterruptedException {
        Tally done = new Tally();
        while (!ends.getAsBoolean()) {
            Tally tally = round.run();
            done.add(tally);
            if (tally.claimed == 0) {
                break;
            }
        }
        return done;
    }

    /** A round that outlasts its lease is not waited for: what it holds is due again. */
    private Tally await(CompletableFuture<Tally> other) throws InterruptedException {
        try {
            return machine.await(other, settings.lease());
        } catch (TimeoutException e) {
            return new Tally();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            if (e.getCause() instanceof Error failure) {
                throw failure;
            }
            return new Tally(); // interrupted by somebody: its round was given up like that of a process that ends
        }
    }
}
