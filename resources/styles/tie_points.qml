<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<!-- Tie points: the shape says where each comes from; the darker and larger, the further the camera is off there. -->
<qgis version="3.22.0" styleCategories="Symbology|Labeling" labelsEnabled="1">
  <renderer-v2 type="RuleRenderer" symbollevels="0" forceraster="0" enableorderby="0" referencescale="-1">
    <rules key="tie_points">
      <rule key="neighbour" symbol="neighbour" label="Carried over from a neighbouring photo" filter="&quot;origin&quot; = 'neighbour'"/>
      <rule key="manual" symbol="manual" label="Set by hand" filter="&quot;origin&quot; = 'manual'"/>
      <rule key="matched" symbol="matched" label="Matched with the imagery (larger, darker: further off)" filter="ELSE"/>
    </rules>
    <symbols>
      <symbol type="marker" name="matched" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option type="QString" name="name" value="circle"/>
            <Option type="QString" name="color" value="240,170,100,255"/>
            <Option type="QString" name="outline_color" value="20,20,20,255"/>
            <Option type="QString" name="outline_style" value="solid"/>
            <Option type="QString" name="outline_width" value="0.3"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="size" value="2"/>
            <Option type="QString" name="size_unit" value="MM"/>
          </Option>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option type="Map" name="properties">
                <Option type="Map" name="fillColor">
                  <Option type="bool" name="active" value="true"/>
                  <Option type="int" name="type" value="3"/>
                  <Option type="QString" name="expression" value="color_rgb(round(255 - 30 * coalesce(&quot;residual_km&quot; / nullif(maximum(&quot;residual_km&quot;), 0), 0)), round(248 - 122 * coalesce(&quot;residual_km&quot; / nullif(maximum(&quot;residual_km&quot;), 0), 0)), round(235 - 222 * coalesce(&quot;residual_km&quot; / nullif(maximum(&quot;residual_km&quot;), 0), 0)))"/>
                </Option>
                <Option type="Map" name="size">
                  <Option type="bool" name="active" value="true"/>
                  <Option type="int" name="type" value="3"/>
                  <Option type="QString" name="expression" value="1.2 + 1.4 * coalesce(&quot;residual_km&quot; / nullif(maximum(&quot;residual_km&quot;), 0), 0)"/>
                </Option>
              </Option>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="marker" name="neighbour" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option type="QString" name="name" value="triangle"/>
            <Option type="QString" name="color" value="240,170,100,255"/>
            <Option type="QString" name="outline_color" value="20,20,20,255"/>
            <Option type="QString" name="outline_style" value="solid"/>
            <Option type="QString" name="outline_width" value="0.3"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="size" value="2"/>
            <Option type="QString" name="size_unit" value="MM"/>
          </Option>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option type="Map" name="properties">
                <Option type="Map" name="fillColor">
                  <Option type="bool" name="active" value="true"/>
                  <Option type="int" name="type" value="3"/>
                  <Option type="QString" name="expression" value="color_rgb(round(255 - 30 * coalesce(&quot;residual_km&quot; / nullif(maximum(&quot;residual_km&quot;), 0), 0)), round(248 - 122 * coalesce(&quot;residual_km&quot; / nullif(maximum(&quot;residual_km&quot;), 0), 0)), round(235 - 222 * coalesce(&quot;residual_km&quot; / nullif(maximum(&quot;residual_km&quot;), 0), 0)))"/>
                </Option>
                <Option type="Map" name="size">
                  <Option type="bool" name="active" value="true"/>
                  <Option type="int" name="type" value="3"/>
                  <Option type="QString" name="expression" value="1.2 + 1.4 * coalesce(&quot;residual_km&quot; / nullif(maximum(&quot;residual_km&quot;), 0), 0)"/>
                </Option>
              </Option>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="marker" name="manual" alpha="1" clip_to_extent="1" force_rhr="0">
        <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
          <Option type="Map">
            <Option type="QString" name="name" value="diamond"/>
            <Option type="QString" name="color" value="240,170,100,255"/>
            <Option type="QString" name="outline_color" value="20,20,20,255"/>
            <Option type="QString" name="outline_style" value="solid"/>
            <Option type="QString" name="outline_width" value="0.3"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="size" value="2"/>
            <Option type="QString" name="size_unit" value="MM"/>
          </Option>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option type="Map" name="properties">
                <Option type="Map" name="fillColor">
                  <Option type="bool" name="active" value="true"/>
                  <Option type="int" name="type" value="3"/>
                  <Option type="QString" name="expression" value="color_rgb(round(255 - 30 * coalesce(&quot;residual_km&quot; / nullif(maximum(&quot;residual_km&quot;), 0), 0)), round(248 - 122 * coalesce(&quot;residual_km&quot; / nullif(maximum(&quot;residual_km&quot;), 0), 0)), round(235 - 222 * coalesce(&quot;residual_km&quot; / nullif(maximum(&quot;residual_km&quot;), 0), 0)))"/>
                </Option>
                <Option type="Map" name="size">
                  <Option type="bool" name="active" value="true"/>
                  <Option type="int" name="type" value="3"/>
                  <Option type="QString" name="expression" value="1.2 + 1.4 * coalesce(&quot;residual_km&quot; / nullif(maximum(&quot;residual_km&quot;), 0), 0)"/>
                </Option>
              </Option>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
    </symbols>
  </renderer-v2>
  <labeling type="rule-based">
    <rules key="labels">
      <rule key="residual" filter="&quot;residual_km&quot; IS NOT NULL" scalemindenom="1" scalemaxdenom="2000000">
        <settings calloutType="simple">
          <text-style fieldName="format_number(&quot;residual_km&quot;, 1) || ' km'" isExpression="1" fontFamily="Open Sans" fontSize="7" fontSizeUnit="Point" textColor="20,20,20,255" textOpacity="1">
            <text-buffer bufferDraw="1" bufferSize="0.7" bufferSizeUnits="MM" bufferColor="255,255,255,255" bufferOpacity="0.85" bufferJoinStyle="128"/>
          </text-style>
          <placement placement="6" dist="1" distUnits="MM"/>
          <rendering obstacle="1" drawLabels="1" displayAll="0"/>
        </settings>
      </rule>
    </rules>
  </labeling>
</qgis>
