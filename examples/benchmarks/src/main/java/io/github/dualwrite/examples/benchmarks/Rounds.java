package io.github.dualwrite.examples.benchmarks;

/** Contenders that are measured in turn: each round begins with another one, so that what disturbs the machine disturbs all of them. */
final class Rounds {

    /** One measurement. */
    @FunctionalInterface
    interface Measured {
        double run() throws Exception;
    }

    private final double[][] results;

    private Rounds(double[][] results) {
        this.results = results;
    }

    static Rounds of(int rounds, Measured... contenders) throws Exception {
        double[][] results = new double[contenders.length][rounds];
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < contenders.length; i++) {
                int contender = (round + i) % contenders.length;
                results[contender][round] = contenders[contender].run();
            }
        }
        return new Rounds(results);
    }

    double median(int contender) {
        return Sample.median(results[contender]);
    }

    /** Of what two contenders did in the same round. */
    double[] ratios(int contender, int against) {
        double[] ratios = new double[results[contender].length];
        for (int round = 0; round < ratios.length; round++) {
            ratios[round] = results[contender][round] / results[against][round];
        }
        return ratios;
    }

    /** The median of the ratios, with the least and the greatest. */
    String ratio(int contender, int against) {
        double[] ratios = ratios(contender, against);
        return String.format(
                "%.2f (rounds from %.2f to %.2f)",
                Sample.median(ratios), Sample.least(ratios), Sample.greatest(ratios));
    }

    static double perSecond(int rows, long startNanos) {
        return rows / ((System.nanoTime() - startNanos) / 1e9);
    }
}
