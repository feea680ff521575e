package io.github.dualwrite.internal;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * How many rows a second the backfills of a repository in this process may read so that its live writes hardly notice them. It begins slowly and
 * becomes faster as long as they do not:
 *
 * <ol>
 *   <li>A live write that began while a page was under way is <em>beside</em> it; the others are <em>clear</em>. By their beginning, because the longer a write takes
 *       for reasons of its own, the more pages it meets.
 *   <li>The last thousand clear ones tell how long 99 of 100 take at the most without a backfill; those that a page began beside are taken for the slowest. What takes a
 *       fifth longer than that is slow. Slow writes beside pages are <em>hurt</em>, except for as many as are slow among the clear ones.
 *   <li>A round has at least 500 writes and lasts for a second at least, or lasts for 5 s if there are fewer. If more than three in a thousand of its writes, and more than two,
 *       are hurt, the rate is halved, at once if there are five more than that. Otherwise it grows, if it was made use of and it is known how long
 *       writes take: by half until it is halved for the first time, by a fifth from then on. If that is not known yet, there is a second without a page.
 *   <li>When no write was under way for 10 s, there is nobody to give way to, and no limit; the next write finds the rate as it was.
 * </ol>
 *
 * <p>So the 99th percentile of live writes stays near that without a backfill, whatever it is that hurts them: the authority's server, a follower
 * on the same machine, or the processors of this process. Large rows count as several. The rules are those of TCP's slow start and congestion
 * avoidance (V. Jacobson, Congestion Avoidance and Control, 1988), except that it also grows by a factor in the end, because what stores can do differs by several
 * orders of magnitude.
 *
 * <p>Without a backfill a write pays for one look at a number. Safe for use by many threads.
 */
public final class GivingWay {

    static final double FIRST = 2_000;
    static final double LEAST = 200;
    private static final double FIRST_GROWTH = 1.5;
    private static final double GROWTH = 1.2;
    private static final double TOLERATED = 1.2;
    private static final double HURT = 0.003;
    private static final double SLOW_BY_ITSELF = 0.01;
    private static final int GROSS = 5;
    private static final int CHANCE = 2;
    private static final int ROUND = 500;
    private static final double SECOND = 1_000_000_000;
    private static final long SHORTEST_ROUND = 1_000_000_000L;
    private static final long LONGEST_ROUND = 5_000_000_000L;
    private static final long NOBODY = 10_000_000_000L;
    private static final int REMEMBERED = 1_000;
    private static final int ENOUGH = 100;
    private static final int SMALL_PAGE = 200;
    private static final double PAGES_PER_SECOND = 10;
    private static final int SMALL_ROW = 256;
    private static final double SMOOTHING = 0.3;
    private static final double MOST_DEBT_SECONDS = 5;

    private static final long UNWATCHED = 0;
    private static final long BESIDE = 1;

    private final LongSupplier nanoTime;
    private final AtomicInteger runs = new AtomicInteger();
    private final AtomicInteger writing = new AtomicInteger();
    private final AtomicInteger pages = new AtomicInteger();
    private volatile long pageBegan;

    // guarded by this
    private final long[] clear = new long[REMEMBERED];
    private final boolean[] metAPage = new boolean[REMEMBERED];
    private long clearOnes;
    private long slow = Long.MAX_VALUE; // what takes longer beside a page is hurt
    private double slowByItself;
    private long wrote;
    private boolean writes;
    private double rate = FIRST;
    private double growth = FIRST_GROWTH;
    private long roundBegan;
    private int seen;
    private int beside;
    private int hurt;
    private double read;
    private double countedForARow = 1;
    private double balance;
    private long balancedAt;

    /** Nobody writes and nobody copies yet. */
    public GivingWay(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.balancedAt = nanoTime.getAsLong();
        this.pageBegan = balancedAt;
    }

    /** A live write begins; gives what {@link #writeEnds} wants. */
    public long writeBegins() {
        if (runs.get() == 0) {
            return UNWATCHED;
        }
        writing.incrementAndGet();
        long now = (nanoTime.getAsLong() & ~BESIDE) | (pages.get() > 0 ? BESIDE : 0);
        return now == UNWATCHED ? now - 2 : now;
    }

    /** It has ended, however. Does not throw. */
    public void writeEnds(long began, boolean succeeded) {
        if (began != UNWATCHED) {
            wrote(began & ~BESIDE, nanoTime.getAsLong(), (began & BESIDE) != 0, succeeded);
            writing.decrementAndGet();
        }
    }

    private synchronized void wrote(long began, long ended, boolean besideAPage, boolean succeeded) {
        if (!writes || began - wrote >= NOBODY) { // what was done meanwhile is not to be judged
            writes = true;
            balance = 0;
            balancedAt = began;
            beginRound(began);
        }
        wrote = ended;
        long took = ended - began;
        if (!besideAPage && succeeded) {
            int next = (int) (clearOnes++ % REMEMBERED);
            clear[next] = took;
            metAPage[next] = pageBegan - began > 0;
        }
        if (began - roundBegan >= 0) { // others have been judged with the round before
            seen++;
            if (besideAPage) {
                beside++;
                hurt += took > slow ? 1 : 0;
            }
        }
    }

    /** A run of a backfill begins, whose threads call the methods below. */
    public void runBegins() {
        runs.incrementAndGet();
    }

    /** It has ended. */
    public void runEnds() {
        runs.decrementAndGet();
    }

    /** A call of a store begins that live writes may notice. */
    public void pageBegins() {
        pageBegan = nanoTime.getAsLong();
        pages.incrementAndGet();
    }

    /** It has ended. */
    public void pageEnds() {
        pages.decrementAndGet();
    }

    /** So many rows, of so many bytes altogether, were read. */
    public synchronized void read(long rows, long bytes) {
        double counted = Math.max((double) rows, (double) bytes / SMALL_ROW);
        read += counted;
        payBack(nanoTime.getAsLong());
        balance -= Math.min(counted, MOST_DEBT_SECONDS * rate);
        if (rows > 0) {
            countedForARow += SMOOTHING * (counted / rows - countedForARow);
        }
    }

    /** How many nanoseconds to wait before the next page is read, as far as is known now; 0 to read it. To be asked again after some time. */
    public synchronized long rest() {
        long now = nanoTime.getAsLong();
        if (!busy(now)) {
            balance = 0;
            balancedAt = now;
            return 0;
        }
        payBack(now);
        judge(now);
        return (long) (-balance / rate * SECOND);
    }

    private void payBack(long now) {
        balance = Math.min(0, balance + rate * (now - balancedAt) / SECOND);
        balancedAt = now;
    }

    /** How many rows may be read in a second, as small ones count; infinite if there are no live writes. */
    public synchronized double perSecond() {
        return busy(nanoTime.getAsLong()) ? rate : Double.POSITIVE_INFINITY;
    }

    /** How many rows may be read at once: pages are small while few may be read, so that none of them holds a write up for long. */
    public synchronized int most(int pageSize) {
        double counted = Math.max(SMALL_PAGE, perSecond() / PAGES_PER_SECOND);
        return (int) Math.max(1, Math.min(pageSize, counted / countedForARow));
    }

    private boolean busy(long now) {
        return writing.get() > 0 || (writes && now - wrote < NOBODY);
    }

    private void judge(long now) {
        double tooMany = Math.max(CHANCE, HURT * seen + slowByItself * beside);
        long lasted = now - roundBegan;
        if (hurt > tooMany + GROSS) {
            halve();
        } else if (lasted < SHORTEST_ROUND || (seen < ROUND && lasted < LONGEST_ROUND)) {
            return;
        } else if (hurt > tooMany) {
            halve();
        } else if (slow < Long.MAX_VALUE && read / lasted * SECOND > rate / 2) {
            rate *= growth;
        }
        if (seen > 0 && clearOnes < ENOUGH) { // to hear how long writes take, it must be quiet
            balance = Math.min(balance, -rate);
        }
        beginRound(now);
    }

    private void halve() {
        rate = Math.max(LEAST, rate / 2);
        growth = GROWTH;
    }

    private void beginRound(long now) {
        roundBegan = now;
        seen = 0;
        beside = 0;
        hurt = 0;
        read = 0;
        learn();
    }

    private void learn() {
        int known = (int) Math.min(clearOnes, REMEMBERED);
        if (known < ENOUGH) {
            return;
        }
        int met = 0;
        for (int i = 0; i < known; i++) {
            met += metAPage[i] ? 1 : 0;
        }
        long[] sorted = Arrays.copyOf(clear, known);
        Arrays.sort(sorted);
        int least = known / 2; // those that met a page may be the slowest
        slow = (long) (TOLERATED * sorted[Math.max(least, (int) (known * (1 - SLOW_BY_ITSELF)) - met)]);
        int slower = known;
        while (slower > 0 && sorted[slower - 1] > slow) {
            slower--;
        }
        slowByItself = (double) (known - slower) / known;
    }
}
