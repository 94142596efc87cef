<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<!-- Where a photo could be: the smallest percentage whose search area holds a cell. The likelier the darker, as in
     search_areas.qml, in grey too; beyond 99 % nothing is drawn. -->
<qgis version="3.22.0" styleCategories="Symbology">
  <pipe>
    <rasterrenderer type="singlebandpseudocolor" band="1" opacity="0.5" alphaBand="-1" nodataColor="" classificationMin="0" classificationMax="99">
      <rasterTransparency/>
      <minMaxOrigin>
        <limits>None</limits>
        <extent>WholeRaster</extent>
        <statAccuracy>Estimated</statAccuracy>
        <cumulativeCutLower>0.02</cumulativeCutLower>
        <cumulativeCutUpper>0.98</cumulativeCutUpper>
        <stdDevFactor>2</stdDevFactor>
      </minMaxOrigin>
      <rastershader>
        <colorrampshader colorRampType="DISCRETE" classificationMode="2" clip="0" minimumValue="0" maximumValue="99" labelPrecision="0">
          <item value="50" color="#540064" alpha="255" label="within 50 %"/>
          <item value="90" color="#8e1e78" alpha="190" label="within 90 %"/>
          <item value="99" color="#be5096" alpha="110" label="within 99 %"/>
          <item value="inf" color="#ffffff" alpha="0" label="beyond"/>
        </colorrampshader>
      </rastershader>
    </rasterrenderer>
    <brightnesscontrast brightness="0" contrast="0" gamma="1"/>
    <huesaturation saturation="0" colorizeOn="0" grayscaleMode="0"/>
    <rasterresampler maxOversampling="2"/>
    <resamplingStage>resamplingFilter</resamplingStage>
  </pipe>
  <blendMode>0</blendMode>
</qgis>
