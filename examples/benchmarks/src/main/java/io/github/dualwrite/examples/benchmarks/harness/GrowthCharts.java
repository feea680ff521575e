package io.github.dualwrite.examples.benchmarks.harness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.knowm.xchart.VectorGraphicsEncoder;
import org.knowm.xchart.VectorGraphicsEncoder.VectorGraphicsFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.ChartTheme;
import org.knowm.xchart.style.Styler.LegendPosition;

/** Draws how costs grow with size: a picture for each setting that has sizes. */
public final class GrowthCharts {

    private GrowthCharts() {}

    /** Writes the pictures, as {@code growth-*.svg}, and returns their names. */
    public static List<String> write(Results results, Path directory) throws IOException {
        Map<String, List<Measurement>> settings = new LinkedHashMap<>();
        for (Measurement each : results.measurements()) {
            if (each.size() != null) {
                settings.computeIfAbsent(each.setting(), any -> new ArrayList<>())
                        .add(each);
            }
        }
        List<String> names = new ArrayList<>();
        for (Map.Entry<String, List<Measurement>> setting : settings.entrySet()) {
            String name = setting.getValue().get(0).benchmark() + ".svg";
            Files.createDirectories(directory);
            Path picture = directory.resolve(name);
            VectorGraphicsEncoder.saveVectorGraphic(
                    chart(setting.getKey(), setting.getValue()), picture.toString(), VectorGraphicsFormat.SVG);
            // letters are drawn as outlines, to a millionth of a pixel
            Files.writeString(picture, Files.readString(picture).replaceAll("(\\.\\d\\d)\\d+", "$1"));
            names.add(name);
        }
        return names;
    }

    private static XYChart chart(String setting, List<Measurement> measurements) {
        XYChart chart = new XYChartBuilder()
                .width(720)
                .height(420)
                .theme(ChartTheme.Matlab)
                .title(setting)
                .xAxisTitle("size")
                .yAxisTitle(measurements.get(0).unit())
                .build();
        chart.getStyler().setXAxisLogarithmic(true).setYAxisMin(0.0).setLegendPosition(LegendPosition.OutsideS);
        Map<String, List<Measurement>> series = new LinkedHashMap<>();
        measurements.forEach(each ->
                series.computeIfAbsent(each.metric(), any -> new ArrayList<>()).add(each));
        series.forEach((metric, points) -> chart.addSeries(
                metric,
                points.stream().mapToDouble(GrowthCharts::size).toArray(),
                points.stream().mapToDouble(Measurement::median).toArray()));
        return chart;
    }

    private static double size(Measurement each) {
        return each.size() == null ? 0 : each.size();
    }
}
